package label

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxText = 64 // characters kept of any text that stems from a drive

// block is bytes from a drive. Reading beyond its end gives zero or nothing, never a panic.
type block []byte

func (b block) cut(off, n int) block {
	if off < 0 || n < 0 || off > len(b) || n > len(b)-off {
		return nil
	}
	return b[off : off+n]
}

func (b block) has(off int, magic string) bool {
	return string(b.cut(off, len(magic))) == magic
}

func (b block) u8(off int) uint8 {
	if c := b.cut(off, 1); c != nil {
		return c[0]
	}
	return 0
}

func (b block) le16(off int) uint16 { return uint16(b.number(off, 2, binary.LittleEndian)) }
func (b block) le32(off int) uint32 { return uint32(b.number(off, 4, binary.LittleEndian)) }
func (b block) le64(off int) uint64 { return b.number(off, 8, binary.LittleEndian) }
func (b block) be16(off int) uint16 { return uint16(b.number(off, 2, binary.BigEndian)) }
func (b block) be32(off int) uint32 { return uint32(b.number(off, 4, binary.BigEndian)) }
func (b block) be64(off int) uint64 { return b.number(off, 8, binary.BigEndian) }

func (b block) number(off, n int, order binary.ByteOrder) uint64 {
	c := b.cut(off, n)
	switch {
	case c == nil:
		return 0
	case n == 2:
		return uint64(order.Uint16(c))
	case n == 4:
		return uint64(order.Uint32(c))
	default:
		return order.Uint64(c)
	}
}

// blank says whether every byte is zero.
func (b block) blank() bool {
	return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1])
}

// text is the string of at most n bytes at off, up to a zero byte, fit to be shown.
func (b block) text(off, n int) string {
	c := b.cut(off, min(n, max(0, len(b)-off)))
	for i, v := range c {
		if v == 0 {
			c = c[:i]
			break
		}
	}
	return clean(string(c))
}

// utf16 is text in little-endian UTF-16 of at most n units.
func (b block) utf16(off, n int) string {
	var out strings.Builder
	for i := range n {
		r := rune(b.le16(off + 2*i))
		if r == 0 {
			break
		}
		out.WriteRune(r) // a surrogate becomes U+FFFD, which is good enough to show
	}
	return clean(out.String())
}

// uuid is 16 bytes at off in the order they have; empty when all are zero.
func (b block) uuid(off int) string {
	c := b.cut(off, 16)
	if c.blank() {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", []byte(c[:4]), []byte(c[4:6]), []byte(c[6:8]), []byte(c[8:10]), []byte(c[10:]))
}

// guid is 16 bytes at off whose first three fields are little-endian, as GPT writes them.
func (b block) guid(off int) string {
	c := b.cut(off, 16)
	if c.blank() {
		return ""
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", c.le32(0), c.le16(4), c.le16(6), []byte(c[8:10]), []byte(c[10:]))
}

// clean bounds a text from a drive and replaces what does not print, direction marks included.
func clean(s string) string {
	var out strings.Builder
	n := 0
	for _, r := range strings.TrimSpace(s) {
		if n == maxText {
			break
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		out.WriteRune(r)
		n++
	}
	return strings.TrimSpace(out.String())
}

// named adds a name in quotes to what a label is, if it has one.
func named(what, name string) string {
	if name == "" {
		return what
	}
	return what + ` "` + strings.ReplaceAll(name, `"`, "'") + `"`
}

func powerOfTwo[T uint16 | uint32 | uint64 | uint8](v T) bool { return v != 0 && v&(v-1) == 0 }
