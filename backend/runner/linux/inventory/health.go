//go:build linux

package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"burnish/backend/smart"
)

// health is what smartctl said of a drive.
type health struct {
	asked  bool
	hung   bool   // smartctl came to no end
	smart  *bool  // whether there is health data; nil: it did not say
	passed *bool  // the drive's own word
	rpm    *int   // 0: it does not turn
	now    string // speed of the link
	max    string
	serial string
	wwn    string // hex
	said   string // what smartctl complained of
	off    bool   // SMART is there and switched off
	byType string // the device type that was given
	fits   string // one that was tried and reads the drive
}

// noType is what smartctl says of a device whose type it cannot find.
var noType = regexp.MustCompile(`(?i)(unknown|unsupported) USB bridge|unable to detect device type|specify device type`)

// askSMART asks smartctl who the drive is and whether it has health data. Its exit status tells little; what it
// printed counts.
func (h *Host) askSMART(ctx context.Context, n *node, opt Options) health {
	typ := opt.SMARTTypes[n.key]
	got := h.askByType(ctx, n.block, typ)
	if got.hung || got.smart != nil && *got.smart || got.off || !slices.Contains(opt.TryTypes, n.key) {
		return got
	}
	for _, other := range smart.UsualTypes {
		if tried := h.askByType(ctx, n.block, other); other != typ && (tried.smart != nil && *tried.smart ||
			tried.off) {
			got.fits = other
			break
		}
	}
	return got
}

// askByType asks smartctl by a device type, or lets it find one. A word that is no type is not given on.
func (h *Host) askByType(ctx context.Context, b *block, typ string) health {
	args := []string{"--json=c", "-i", "-H"}
	if typ != "" && smart.IsDeviceType(typ) {
		args = append(args, "-d", typ)
	} else {
		typ = ""
	}
	out, err := h.run(ctx, "smartctl", append(args, b.path())...)
	if ctx.Err() != nil {
		return health{asked: true, hung: err != nil, byType: typ}
	}
	got := parseSMART(out)
	got.byType = typ
	return got
}

func parseSMART(out []byte) health {
	var doc struct {
		Serial string `json:"serial_number"`
		WWN    *struct {
			NAA, OUI, ID uint64
		} `json:"wwn"`
		Status *struct {
			Passed *bool `json:"passed"`
		} `json:"smart_status"`
		Support *struct {
			Available *bool `json:"available"`
			Enabled   *bool `json:"enabled"`
		} `json:"smart_support"`
		NVMe     *json.RawMessage `json:"nvme_smart_health_information_log"`
		Rotation *int             `json:"rotation_rate"`
		Speed    struct {
			Now struct {
				Text string `json:"string"`
			} `json:"current"`
			Max struct {
				Text string `json:"string"`
			} `json:"max"`
		} `json:"interface_speed"`
		Smartctl struct {
			Messages []struct {
				Text string `json:"string"`
			} `json:"messages"`
		} `json:"smartctl"`
	}
	h := health{asked: true}
	if json.Unmarshal(out, &doc) != nil {
		return h
	}
	h.serial = ascii([]byte(doc.Serial))
	if w := doc.WWN; w != nil {
		h.wwn = fmt.Sprintf("%016x", w.NAA<<60|w.OUI<<36|w.ID)
	}
	if doc.Status != nil {
		h.passed = doc.Status.Passed
	}
	h.rpm, h.now, h.max = doc.Rotation, short(doc.Speed.Now.Text), short(doc.Speed.Max.Text)
	for _, m := range doc.Smartctl.Messages {
		if h.said == "" {
			h.said = ascii([]byte(m.Text))
		}
	}
	yes, no := true, false
	switch {
	case doc.Status != nil && doc.Status.Passed != nil, doc.NVMe != nil:
		h.smart = &yes
	case doc.Support != nil && doc.Support.Available != nil && !*doc.Support.Available:
		h.smart = &no
	case doc.Support != nil && doc.Support.Available != nil && doc.Support.Enabled != nil:
		h.smart, h.off = doc.Support.Enabled, !*doc.Support.Enabled
	default:
		for _, m := range doc.Smartctl.Messages {
			if noType.MatchString(m.Text) { // the bridge passes no SMART request on, or not as smartctl knows
				h.smart = &no
			}
		}
	}
	return h
}
