#include "textflag.h"

// func fillWide(dst *byte, x, y *uint64, key uint64, n int)
// n is a positive multiple of 64.
TEXT ·fillWide(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	VPBROADCASTQ key+24(FP), Y0
	MOVQ n+32(FP), CX
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
	VZEROUPPER
	RET

// func sameWide(p *byte, x, y *uint64, key uint64, n int) bool
// n is a positive multiple of 64.
TEXT ·sameWide(SB), NOSPLIT, $0-41
	MOVQ p+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	VPBROADCASTQ key+24(FP), Y0
	MOVQ n+32(FP), CX
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
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
	VPOR Y4, Y3, Y3
	VPTEST Y3, Y3
	SETEQ ret+40(FP)
	VZEROUPPER
	RET
