package sweep

import "burnish/backend/surface"

// Span is a stretch of the drive in bytes, its end not included.
type Span struct{ From, To int64 }

// Section is a part of a drive as a drive of its own.
type Section struct {
	surface.Device
	Span
}

func (s *Section) Geometry() surface.Geometry {
	g := s.Device.Geometry()
	g.SizeBytes = s.To - s.From
	return g
}

func (s *Section) ReadAt(p []byte, off int64) (int, error) { return s.Device.ReadAt(p, s.From+off) }

func (s *Section) WriteAt(p []byte, off int64) (int, error) { return s.Device.WriteAt(p, s.From+off) }
