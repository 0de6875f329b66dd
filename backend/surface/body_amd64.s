#include "go_asm.h"
#include "textflag.h"

// Both functions have the same arguments in front: the sectors, the tables, the sectors' keys, how many sectors there are,
// and the bytes of one.
#define LOAD_ARGUMENTS \
	MOVQ p+0(FP), R8 \
	MOVQ t+8(FP), R9 \
	MOVQ keys+16(FP), R10 \
	MOVQ n+24(FP), R11 \
	MOVQ sector+32(FP), R12

// BEGIN_SECTOR: key to Y0, its places in the tables to SI and DX, the body to DI, its length to CX.
#define BEGIN_SECTOR \
	MOVQ (R10), AX \
	VPBROADCASTQ (R10), Y0 \
	ADDQ $8, R10 \
	MOVQ AX, SI \
	ANDQ $const_startMask, SI \
	LEAQ tables_x(R9)(SI*8), SI \
	SHRQ $32, AX \
	ANDQ $const_startMask, AX \
	LEAQ tables_y(R9)(AX*8), DX \
	LEAQ const_headBytes(R8), DI \
	LEAQ -const_headBytes(R12), CX

// BATCH_BYTES: how long the sectors are, to BX. The loops fetch that far ahead: the head of the next sectors is written
// or compared before their bodies, in steps that the processor does not foresee.
#define BATCH_BYTES \
	MOVQ R11, BX \
	IMULQ R12, BX

// MAKE_64: the next 64 bytes of a body to Y1 and Y2.
#define MAKE_64 \
	VPXOR (SI), Y0, Y1 \
	VPXOR 32(SI), Y0, Y2 \
	VPADDQ (DX), Y1, Y1 \
	VPADDQ 32(DX), Y2, Y2

#define STEP_64 \
	ADDQ $64, SI \
	ADDQ $64, DX \
	ADDQ $64, DI \
	SUBQ $64, CX

// PREFETCH_WRITE: PREFETCHW (DI)(BX*1), which the assembler does not know. It takes the line from the processor that has it,
// for writing; processors without it do nothing.
#define PREFETCH_WRITE \
	BYTE $0x0F; BYTE $0x0D; BYTE $0x0C; BYTE $0x1F

// PREFETCH_WRITE_HEAD: PREFETCHW (R8)(BX*1), of the head of a sector of the next batch.
#define PREFETCH_WRITE_HEAD \
	BYTE $0x41; BYTE $0x0F; BYTE $0x0D; BYTE $0x0C; BYTE $0x18

// func fillWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) (boot bool)
TEXT ·fillWide(SB), NOSPLIT, $0-41
	LOAD_ARGUMENTS
	BATCH_BYTES
	XORL R13, R13
sectors:
	BEGIN_SECTOR
	PREFETCH_WRITE_HEAD
fill:
	PREFETCH_WRITE
	MAKE_64
	VMOVDQU Y1, (DI)
	VMOVDQU Y2, 32(DI)
	STEP_64
	JNZ fill
	MOVQ R12, CX
boot:
	CMPW 510(R8), $-21931 // 55 aa
	SETEQ AX
	ORB AX, R13
	ADDQ $512, R8
	SUBQ $512, CX
	JNZ boot
	DECQ R11
	JNZ sectors
	MOVB R13, boot+40(FP)
	VZEROUPPER
	RET

// func sameWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) bool
TEXT ·sameWide(SB), NOSPLIT, $0-41
	LOAD_ARGUMENTS
	BATCH_BYTES
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
sectors:
	BEGIN_SECTOR
	PREFETCHT0 (R8)(BX*1)
same:
	PREFETCHT0 (DI)(BX*1)
	MAKE_64
	VPXOR (DI), Y1, Y1
	VPXOR 32(DI), Y2, Y2
	VPOR Y1, Y3, Y3
	VPOR Y2, Y4, Y4
	STEP_64
	JNZ same
	ADDQ R12, R8
	DECQ R11
	JNZ sectors
	VPOR Y4, Y3, Y3
	VPTEST Y3, Y3
	SETEQ ret+40(FP)
	VZEROUPPER
	RET
