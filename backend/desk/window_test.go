package desk

import (
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

func TestWhereverAReasonComesFromItsHintIsForTheWindow(t *testing.T) {
	typed := func() *reason.Said { return reason.New(reason.MirrorDamaged, "job", "j", "error", "e") }
	if want := typed().Window().Hint; want == typed().Hint {
		t.Fatalf("%q", want)
	}
	j := burnin.Job{State: burnin.Unknown, Reason: typed(), Warnings: []reason.Said{*typed()},
		Stages: []burnin.Stage{{Reason: typed()}, {}}}
	full, row := atWindow(j), jobRow("p", j)
	for where, s := range map[string]*reason.Said{
		"an error": asSaid(typed()), "a row": row.Reason, "a whole job": full.Reason,
		"its warning": &full.Warnings[0], "its stage": full.Stages[0].Reason,
	} {
		if s.Hint != typed().Window().Hint || s.Args["job"].String() != "j" {
			t.Errorf("%s: %+v", where, s)
		}
	}
	if j.Reason.Hint != typed().Hint || j.Warnings[0].Hint != typed().Hint || j.Stages[0].Reason.Hint != typed().Hint {
		t.Error("the job itself was changed")
	}
	e := &burnin.Erased{Bytes: 8 << 20, Undo: burnin.BackPossible, GraceMs: 30_000}
	for _, live := range []bool{true, false} {
		if s := e.AtWindow("j", live); strings.Contains(s, "burnish") || !strings.HasSuffix(s, ".") {
			t.Errorf("%q", s)
		}
		if s := e.Text("j", live); !strings.Contains(s, "burnish undo j") {
			t.Errorf("%q", s)
		}
	}
}
