package burnin

// Kept is a checkpoint that a run keeps beside its journals, in place of a line of them each time: only the newest is
// of use. It says behind which line of which run it was made.
type Kept struct {
	Job        string     `json:"job"`
	Run        int        `json:"run"`
	Seq        int64      `json:"seq"` // of the newest line of that run's journal
	Checkpoint Checkpoint `json:"checkpoint"`
}

// Take takes in what was kept beside the journals, if its stage is not over and no line behind it says where that goes
// on.
func (t *Tracker) Take(k Kept) bool {
	c := k.Checkpoint
	if !t.begun || k.Job != t.job.ID || c.Stage < 0 || c.Stage >= len(t.job.Stages) {
		return false
	}
	s := &t.job.Stages[c.Stage]
	switch {
	case !s.Kind.Surface() || s.Begun == 0 || s.State != Running && s.State != Unknown,
		c.Phase == "" || c.Pass < 1 || c.Position < 0 || c.Position > t.job.Drive.SizeBytes,
		k.Run < s.placeRun || k.Run == s.placeRun && k.Seq < s.placeSeq:
		return false
	}
	s.checkpoint(c)
	s.placeRun, s.placeSeq = k.Run, k.Seq
	return true
}

// place notes that the newest line says where a stage goes on.
func (t *Tracker) place(s *Stage, seq int64) {
	s.placeRun, s.placeSeq = t.job.Runs[len(t.job.Runs)-1].Run, seq
}
