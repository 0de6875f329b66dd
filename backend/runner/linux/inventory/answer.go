//go:build linux

package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/label"
	"burnish/backend/reason"
)

// answer is what one layer says of one drive.
type answer struct {
	layer drive.Layer
	class drive.Class // None: no claim
	text  string
	path  string // of a drive with several: by which one this is so
	sure  bool   // false: the layer failed or timed out, and class plays no part

	medium  bool // not sure, only because the drive itself answered a medium error
	claimed bool // the kernel has given the drive away without saying to whom

	remedy string // what to do first, where the class's own way out does not fit
	sealed bool   // see drive.Usage

	weight      label.Weight // class data: how much would be lost
	beside      string       // class data: what it is where lesser labels explain the text; content only
	marks       []string     // of whose labels a claim is made; without any, the layer is the claim's only mark
	dispensable bool         // class pool: see drive.Usage
	failedReads int          // see drive.Usage

	poolName, poolGUID, job string

	by string // the kernel's name of what is made of the drive; empty where a claim is not of that kind

	parts []string // the text for a chip; see drive.Usage
}

func (a answer) in(parts ...string) answer {
	for _, p := range parts {
		if p != "" {
			a.parts = append(a.parts, short(p))
		}
	}
	return a
}

func (a answer) weighing(w label.Weight) answer {
	a.weight = w
	return a
}

// toDo says what to do first about a claim.
func (a answer) toDo(remedy string) answer {
	a.remedy = remedy
	return a
}

// release is what to do about a reservation.
const release = "Let go of the reservation on the host that holds it, or take the drive out of what is shared with " +
	"that host. Where the host is gone for good, sg_persist (SCSI) or nvme resv-release (NVMe) can clear it."

func claim(layer drive.Layer, class drive.Class, format string, args ...any) answer {
	return answer{layer: layer, class: class, text: fmt.Sprintf(format, args...), sure: true}
}

func clean(layer drive.Layer, format string, args ...any) answer {
	return claim(layer, drive.None, format, args...)
}

func failed(layer drive.Layer, format string, args ...any) answer {
	return answer{layer: layer, class: drive.CannotTell, text: fmt.Sprintf(format, args...)}
}

// because is the answer of a layer that failed with err.
func because(layer drive.Layer, err error) answer {
	a := failed(layer, "%v", err)
	if errors.Is(err, errNoAnswer) {
		a.remedy = tryAgain
	}
	return a
}

const tryAgain = "Nothing is known against it. Try again when the NAS is less busy; if it stays so, look why it " +
	"does not answer: what cannot be checked is not touched."

func (a answer) usage() drive.Usage {
	text := a.text
	if a.path != "" {
		text = a.path + ": " + text
	}
	u := drive.Usage{Class: a.class, Text: reason.Clean(text, maxText), PoolName: reason.Clean(a.poolName, maxText),
		PoolGUID: a.poolGUID, Job: a.job, Parts: a.parts, Remedy: a.remedy, Sealed: a.sealed}
	if !a.sure {
		u.Class = drive.CannotTell
	}
	u.Why = []drive.Why{{Layer: a.layer, Answer: u.Text, Sure: a.sure}}
	return u
}

// explains lists the classes whose holder claims a drive in the kernel: where one of them was found, an EBUSY says
// nothing new.
var explains = map[drive.Class]bool{
	drive.LUKS: true, drive.LVM: true, drive.RAID: true, drive.Btrfs: true, drive.Swap: true,
	drive.Mounted: true, drive.Unraid: true, drive.Pool: true,
}

// usageOf makes one Usage of all answers about a drive. Nobody having said anything is no proof of anything.
func usageOf(answers []answer) drive.Usage {
	answers = worstFirst(answers)
	u := drive.Usage{Class: drive.None, Text: "nothing uses it"}
	if len(answers) == 0 {
		u = failed(drive.LayerUsage, "nothing was looked at").usage()
	}
	settled := u // without what a medium error alone keeps from being told
	var claims []answer
	for _, a := range answers {
		if a.claimed {
			claims = append(claims, a)
			continue
		}
		u = drive.Worse(u, a.usage())
		if !a.medium {
			settled = drive.Worse(settled, a.usage())
		}
	}
	for _, a := range claims {
		said := a.usage()
		if explains[u.Class] {
			u.Why = append(u.Why, said.Why...)
		} else {
			u = drive.Worse(u, said)
		}
		settled = drive.Worse(settled, said)
	}
	for _, a := range answers { // whoever knows the pool's guid knows it better
		if u.PoolGUID == "" && a.sure && a.class == u.Class && a.poolGUID != "" {
			better := a.usage()
			u.Text, u.PoolName, u.PoolGUID, u.Parts, u.Remedy = better.Text, better.PoolName, better.PoolGUID,
				better.Parts, better.Remedy
		}
	}
	u.PhraseKind = phrase(u, settled)
	u.Claims = claimsOf(answers)
	for _, a := range answers {
		u.FailedReads += a.failedReads
	}
	u.Dispensable = dispensable(u, answers)
	if u.Unlockable() {
		tellAll(&u, answers)
	}
	return u
}

// worstFirst orders answers by what they would cost: the classes as the rules order them, and of data what weighs most.
func worstFirst(answers []answer) []answer {
	severity := func(a answer) int {
		if !a.sure {
			return drive.RuleOf(drive.CannotTell).Severity
		}
		return drive.RuleOf(a.class).Severity
	}
	out := slices.Clone(answers)
	slices.SortStableFunc(out, func(a, b answer) int {
		return cmp.Or(cmp.Compare(severity(b), severity(a)), cmp.Compare(b.weight, a.weight))
	})
	return out
}

// tellAll lets a usage that a phrase unlocks name all that would be lost, the worst first: whoever types the phrase
// must not learn of a file system after the word "spare".
func tellAll(u *drive.Usage, answers []answer) {
	labelled, explained, other := false, u.Class == drive.ExportedPool || u.Class == drive.Pool, false
	for _, a := range answers {
		if a.sure && a.class == drive.Data && (a.layer == labelLayer || a.layer == zfsLayer) {
			labelled, explained = true, explained || a.weight > label.Trace
		}
	}
	var texts []string
	for _, a := range answers {
		if !a.sure || a.class == drive.None {
			continue
		}
		text := a.text
		if a.layer == contentLayer && (labelled || explained) {
			text = a.beside
		}
		if text == "" || a.layer == contentLayer && explained && len(texts) > 0 || slices.Contains(texts, text) {
			continue
		}
		other = other || a.class == drive.Data && a.weight > label.Division
		texts = append(texts, text)
	}
	all := strings.Join(texts, "; ")
	switch {
	case all == "":
		return
	case u.Class == drive.CannotTell:
		all = u.Text + "; what can be read of it: " + all
	case other && len(u.Parts) > 0:
		u.Parts = append(slices.Clone(u.Parts), "and other data")
	}
	u.Text = reason.Clean(all, 2*maxText)
}

// dispensable reports whether a pool can do without this member and nothing else has any use for the drive.
func dispensable(u drive.Usage, answers []answer) bool {
	for _, a := range answers {
		spare := a.class == drive.Pool && a.dispensable && a.poolGUID == u.PoolGUID
		if a.claimed || !a.sure || !spare && a.class != drive.None && a.class != drive.Data {
			return false
		}
	}
	return u.Class == drive.Pool && u.PoolGUID != ""
}

const maxClaims = 64 // of one drive that are named

// claimsOf names all claims, each once, in order. Those beyond maxClaims are one claim together.
func claimsOf(answers []answer) []string {
	var out []string
	for _, a := range answers {
		if (!a.sure && !(a.medium && a.layer == contentLayer)) || a.class == drive.None {
			continue
		}
		name := string(a.layer)
		if a.layer != contentLayer && a.layer != labelLayer {
			name += " " + string(a.class)
		}
		if len(a.marks) == 0 {
			out = append(out, reason.Clean(strings.TrimSpace(name+" "+first(a.poolGUID, a.poolName)), maxText))
		}
		for _, m := range a.marks {
			out = append(out, reason.Clean(name+" "+m, maxText))
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > maxClaims {
		rest := sha256.Sum256([]byte(strings.Join(out[maxClaims:], "\n")))
		out = append(out[:maxClaims], "and more: "+hex.EncodeToString(rest[:8]))
	}
	return out
}

// phrase says what unlocks a drive. What cannot be told only because the medium fails is unlocked like data: the
// drive that most deserves a test must not be the one that cannot have it.
func phrase(u, settled drive.Usage) drive.PhraseKind {
	switch {
	case u.Class == drive.Data:
		return drive.SerialPhrase
	case (u.Class == drive.ExportedPool || u.Class == drive.Pool) && u.PoolName != "":
		return drive.PoolPhrase
	case u.Class == drive.ExportedPool:
		return drive.SerialPhrase
	case u.Class == drive.CannotTell && (settled.Class == drive.None || settled.Class == drive.Data):
		return drive.SerialPhrase
	}
	return drive.NoPhrase
}
