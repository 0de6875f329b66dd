#include "go_asm.h"
#include "textflag.h"

// func fillWide(dst *byte, t *tables, keys *[batch]uint64, n, sector int)
TEXT ·fillWide(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), R8
	MOVQ t+8(FP), R9
	MOVQ keys+16(FP), R10
	MOVQ n+24(FP), R11
	MOVQ sector+32(FP), R12
sectors:
	MOVQ (R10), AX
	VPBROADCASTQ (R10), Y0
	ADDQ $8, R10
	MOVQ AX, SI
	ANDQ $const_startMask, SI
	LEAQ tables_x(R9)(SI*8), SI
	SHRQ $32, AX
	ANDQ $const_startMask, AX
	LEAQ tables_y(R9)(AX*8), DX
	LEAQ const_headBytes(R8), DI
	LEAQ -const_headBytes(R12), CX
fill:
	VPXOR (SI), Y0, Y1
	VPXOR 32(SI), Y0, Y2
	VPADDQ (DX), Y1, Y1
	VPADDQ 32(DX), Y2, Y2
	VMOVDQU Y1, (DI)
	VMOVDQU Y2, 32(DI)
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, DI
	SUBQ $64, CX
	JNZ fill
	ADDQ R12, R8
	DECQ R11
	JNZ sectors
	VZEROUPPER
	RET

// func sameWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) bool
TEXT ·sameWide(SB), NOSPLIT, $0-41
	MOVQ p+0(FP), R8
	MOVQ t+8(FP), R9
	MOVQ keys+16(FP), R10
	MOVQ n+24(FP), R11
	MOVQ sector+32(FP), R12
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
sectors:
	MOVQ (R10), AX
	VPBROADCASTQ (R10), Y0
	ADDQ $8, R10
	MOVQ AX, SI
	ANDQ $const_startMask, SI
	LEAQ tables_x(R9)(SI*8), SI
	SHRQ $32, AX
	ANDQ $const_startMask, AX
	LEAQ tables_y(R9)(AX*8), DX
	LEAQ const_headBytes(R8), DI
	LEAQ -const_headBytes(R12), CX
same:
	VPXOR (SI), Y0, Y1
	VPXOR 32(SI), Y0, Y2
	VPADDQ (DX), Y1, Y1
	VPADDQ 32(DX), Y2, Y2
	VPXOR (DI), Y1, Y1
	VPXOR 32(DI), Y2, Y2
	VPOR Y1, Y3, Y3
	VPOR Y2, Y4, Y4
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, DI
	SUBQ $64, CX
	JNZ same
	ADDQ R12, R8
	DECQ R11
	JNZ sectors
	VPOR Y4, Y3, Y3
	VPTEST Y3, Y3
	SETEQ ret+40(FP)
	VZEROUPPER
	RET
