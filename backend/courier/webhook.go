package courier

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// webhook posts the event as JSON, signed as Standard Webhooks has it: docs/notices.md is the contract.
func (c *Courier) webhook(ctx context.Context, to To, e notice.Event) notice.Answer {
	body, err := json.Marshal(e)
	if err != nil {
		return notice.Answer{Fault: notice.Content, Text: "the notice cannot be written as JSON"}
	}
	at := strconv.FormatInt(c.Now().Unix(), 10)
	header := http.Header{}
	header.Set("webhook-id", e.ID)
	header.Set("webhook-timestamp", at)
	if !to.Key.Empty() {
		header.Set("webhook-signature", sign(to.Key, e.ID, at, body))
	}
	return c.post(ctx, to.Address, body, header).Answer
}

// keyPrefix marks a key that is written as base64.
const keyPrefix = "whsec_"

// sign makes the value of webhook-signature.
func sign(key secret.Secret, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, keyBytes(key))
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// keyBytes are those that whsec_ and base64 stand for, else those of the text as it is.
func keyBytes(key secret.Secret) []byte {
	if coded, ok := strings.CutPrefix(key.Reveal(), keyPrefix); ok {
		if raw, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return raw
		}
	}
	return []byte(key.Reveal())
}

// CheckKey reports a key that a receiver could not use: bad_way.
func CheckKey(key secret.Secret) error {
	coded, ok := strings.CutPrefix(key.Reveal(), keyPrefix)
	if !ok {
		return nil
	}
	if _, err := base64.StdEncoding.DecodeString(coded); err != nil {
		return reason.New(reason.BadWay, "what", "behind "+keyPrefix+" the key must be base64")
	}
	return nil
}
