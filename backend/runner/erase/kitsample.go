package erase

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"burnish/backend/surface"
)

// A kit is put back onto the drive that it was taken from, as it was then: labels over what another test has left would
// have a machine take up a drive that holds nothing of what they promise. So a kit knows samples of what lies between
// its pieces, which the first destructive act leaves alone.
const (
	sampleBytes = 4096
	samples     = 256
)

// sample is the hash of sampleBytes of the drive.
type sample struct {
	Off int64  `json:"off"`
	Sum string `json:"sum"` // of SHA-256, the first half
}

// places gives where samples of a drive lie, outside of spans.
func places(size int64, spans []Extent, physical int) (at []int64) {
	unit := int64(max(sampleBytes, physical))
	for i := range int64(samples) {
		off := (size/samples*i + size/samples/2) / unit * unit
		inside := func(s Extent) bool { return off < s.To && s.From < off+sampleBytes }
		if off+sampleBytes <= size && !slices.ContainsFunc(spans, inside) {
			at = append(at, off)
		}
	}
	return at
}

// take takes samples of a drive, of which a kit knows the pieces. A place that cannot be read is left out, and too many
// of them end it; so does whatever may says.
func (k *kit) take(dev surface.Device, may func() error) error {
	failed := 0
	buf := surface.AlignedBuffer(sampleBytes)
	for _, off := range places(k.SizeBytes, k.spans(), dev.Geometry().PhysicalBytes) {
		if err := may(); err != nil {
			return err
		}
		if _, err := dev.ReadAt(buf, off); err != nil {
			if err := MediumIsForTheSweep(err); err != nil {
				return err
			}
			if failed++; failed == maxLostReads {
				return nil
			}
			continue
		}
		k.Samples = append(k.Samples, sample{off, sumOf(buf)})
	}
	return nil
}

func sumOf(p []byte) string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:16])
}

// changed gives the first sample that holds something else now, else -1. For a kit without samples it is the first
// place that holds a test's stamp: this job has not come to write any.
func (k *kit) changed(dev surface.Device) (int64, error) {
	was := k.Samples
	if len(was) == 0 {
		for _, off := range places(k.SizeBytes, k.spans(), dev.Geometry().PhysicalBytes) {
			was = append(was, sample{Off: off})
		}
	}
	buf := surface.AlignedBuffer(sampleBytes)
	for _, s := range was {
		if s.Off < 0 || s.Off+sampleBytes > k.SizeBytes {
			continue
		}
		if _, err := dev.ReadAt(buf, s.Off); err != nil {
			if err := MediumIsForTheSweep(err); err != nil {
				return -1, err
			}
			continue
		}
		_, stamp := surface.DecodeStamp(buf[:dev.Geometry().LogicalBytes])
		if s.Sum == "" && stamp || s.Sum != "" && s.Sum != sumOf(buf) {
			return s.Off, nil
		}
	}
	return -1, nil
}
