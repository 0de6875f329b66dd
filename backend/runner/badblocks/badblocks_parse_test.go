package badblocks

import (
	"strings"
	"testing"
)

// back is what badblocks writes to write over its numbers.
var back = strings.Repeat("\b", 42)

// bbTold is what badblocks 1.47 told of a drive of 2048 blocks with an error in each half.
var bbTold = "Checking for bad blocks in read-write mode\nFrom block 0 to 2047\n" +
	"Testing with pattern 0xaa:   0.00% done, 0:00 elapsed. (0/0/0 errors)" + back + " 53.13% done, 0:15 elapsed. " +
	"(0/1/0 errors)" + back + "done                                                 \n" +
	"Reading and comparing:   0.00% done, 0:15 elapsed. (0/1/0 errors)" + back + "done                              " +
	"                   \n" +
	"Testing with pattern 0x55:   0.00% done, 1:02:03 elapsed. (0/1/0 errors)" + back + "done                       " +
	"                          \n" +
	"Reading and comparing:  99.99% done, 1:02:04 elapsed. (2/1/3 errors)" + back + "done                           " +
	"                      \n" +
	"Pass completed, 6 bad blocks found. (2/1/3 errors)\n"

func TestBadblocksIsReadInPiecesOfAnySize(t *testing.T) {
	for size := 1; size < 200; size += 7 {
		var o bbOutput
		for rest := bbTold; rest != ""; {
			n := min(size, len(rest))
			o.feed([]byte(rest[:n]))
			rest = rest[n:]
		}
		if !o.whole(2) || o.found != 6 || o.errors != [3]int64{2, 1, 3} || len(o.words) != 0 || len(o.phases) != 4 {
			t.Fatalf("in pieces of %d: %+v", size, o)
		}
		if p := o.phases[3]; p.pattern != "0x55" || !p.verify || p.percent != 99.99 {
			t.Fatalf("%+v", p)
		}
	}
}

func TestOnlyAWholeRunOfBadblocksCounts(t *testing.T) {
	for name, told := range map[string]string{
		"nothing":        "",
		"killed":         bbTold[:len(bbTold)/2],
		"no last line":   strings.Replace(bbTold, "Pass completed", "Pass", 1),
		"no second half": strings.Replace(bbTold, "Reading and comparing", "Reading", 1),
		"a pattern less": bbTold[:strings.Index(bbTold, "Testing with pattern 0x55")] + "Pass completed, 0 bad " +
			"blocks found. (0/0/0 errors)\n",
		"too many":         strings.Replace(bbTold, "done  ", "Too many bad blocks, aborting test\ndone ", 1),
		"in use":           "/dev/sdb is apparently in use by the system; it's not safe to run badblocks!\n",
		"a half cut short": strings.Replace(bbTold, "done         ", "Interrupted at block 17\n", 1),
	} {
		var o bbOutput
		o.feed([]byte(told))
		if o.whole(2) {
			t.Errorf("%s: taken for a whole run: %+v", name, o)
		}
		if name == "in use" && !strings.Contains(o.said(), "in use by the system") {
			t.Errorf("its words are lost: %s", o.said())
		}
	}
}

func TestAListOfBlocksIsTakenLineByLine(t *testing.T) {
	got, garbage, more := bbList([]byte("5\n7\nx\n-1\n99\n100\n101\n8"), 5, 100, 4)
	if len(got) != 4 || got[3] != 100 || garbage != 3 || !more {
		t.Errorf("%v, %d, %v", got, garbage, more)
	}
}

func FuzzBadblocksOutput(f *testing.F) {
	f.Add([]byte(bbTold), 7)
	f.Add([]byte("Testing with pattern 0xaa: 1e300% done, 0:00 elapsed. (0/0/0 errors)\b"), 1)
	f.Add([]byte("Reading and comparing: NaN% done, \n"), 3)
	f.Fuzz(func(t *testing.T, told []byte, at int) {
		var all, cut bbOutput
		all.feed(told)
		if at = min(max(at, 0), len(told)); len(told) <= bbMaxRest {
			cut.feed(told[:at])
			cut.feed(told[at:])
			if all.pass != cut.pass || all.found != cut.found || all.errors != cut.errors ||
				len(all.phases) != len(cut.phases) || all.said() != cut.said() {
				t.Errorf("cut at %d it reads otherwise: %+v, %+v", at, all, cut)
			}
		}
		if len(all.words) > bbMaxWords || len(all.phases) > bbMaxPhases || len(all.rest) > bbMaxRest {
			t.Errorf("more is kept than may be: %+v", all)
		}
		for _, p := range all.phases {
			if !(p.percent >= 0 && p.percent <= 100) {
				t.Errorf("%v percent", p.percent)
			}
		}
		if blocks, _, _ := bbList(told, 10, 20, 5); len(blocks) > 5 {
			t.Errorf("%d blocks", len(blocks))
		}
	})
}
