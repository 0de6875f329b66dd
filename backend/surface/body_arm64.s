#include "go_asm.h"
#include "textflag.h"

// As in body_amd64.s.
#define LOAD_ARGUMENTS \
	MOVD p+0(FP), R8 \
	MOVD t+8(FP), R9 \
	MOVD keys+16(FP), R10 \
	MOVD n+24(FP), R11 \
	MOVD sector+32(FP), R12

// BEGIN_SECTOR: key to V0, its places in the tables to R1 and R2, the body to R0, its length to R4.
#define BEGIN_SECTOR \
	MOVD.P 8(R10), R3 \
	VDUP R3, V0.D2 \
	AND $const_startMask, R3, R1 \
	ADD R1<<3, R9, R1 \
	ADD $tables_x, R1 \
	LSR $32, R3 \
	AND $const_startMask, R3, R2 \
	ADD R2<<3, R9, R2 \
	ADD $tables_y, R2 \
	ADD $const_headBytes, R8, R0 \
	SUB $const_headBytes, R12, R4

// MAKE_64: the next 64 bytes of a body to V1 to V4.
#define MAKE_64 \
	VLD1.P 64(R1), [V1.D2, V2.D2, V3.D2, V4.D2] \
	VLD1.P 64(R2), [V5.D2, V6.D2, V7.D2, V8.D2] \
	VEOR V0.B16, V1.B16, V1.B16 \
	VEOR V0.B16, V2.B16, V2.B16 \
	VEOR V0.B16, V3.B16, V3.B16 \
	VEOR V0.B16, V4.B16, V4.B16 \
	VADD V5.D2, V1.D2, V1.D2 \
	VADD V6.D2, V2.D2, V2.D2 \
	VADD V7.D2, V3.D2, V3.D2 \
	VADD V8.D2, V4.D2, V4.D2

// func fillWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) (boot bool)
TEXT ·fillWide(SB), NOSPLIT, $0-41
	LOAD_ARGUMENTS
	MOVD $0xaa55, R5
	MOVD $0, R6
sectors:
	BEGIN_SECTOR
fill:
	MAKE_64
	VST1.P [V1.D2, V2.D2, V3.D2, V4.D2], 64(R0)
	SUBS $64, R4, R4
	BNE fill
	MOVD R12, R4
boot:
	MOVHU 510(R8), R3
	CMP R5, R3
	CSINC NE, R6, ZR, R6
	ADD $512, R8
	SUBS $512, R4, R4
	BNE boot
	SUBS $1, R11, R11
	BNE sectors
	MOVB R6, boot+40(FP)
	RET

// func sameWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) bool
TEXT ·sameWide(SB), NOSPLIT, $0-41
	LOAD_ARGUMENTS
	VEOR V16.B16, V16.B16, V16.B16
sectors:
	BEGIN_SECTOR
same:
	MAKE_64
	VLD1.P 64(R0), [V9.D2, V10.D2, V11.D2, V12.D2]
	VEOR V9.B16, V1.B16, V1.B16
	VEOR V10.B16, V2.B16, V2.B16
	VEOR V11.B16, V3.B16, V3.B16
	VEOR V12.B16, V4.B16, V4.B16
	VORR V1.B16, V2.B16, V1.B16
	VORR V3.B16, V4.B16, V3.B16
	VORR V1.B16, V16.B16, V16.B16
	VORR V3.B16, V16.B16, V16.B16
	SUBS $64, R4, R4
	BNE same
	ADD R12, R8
	SUBS $1, R11, R11
	BNE sectors
	VMOV V16.D[0], R5
	VMOV V16.D[1], R6
	ORR R6, R5, R5
	CMP $0, R5
	CSET EQ, R7
	MOVB R7, ret+40(FP)
	RET
