package desk

import (
	"context"
	"fmt"
	"strconv"

	"burnish/backend/credentials"
	"burnish/backend/nas/link"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// asked is a question that waits for its answer.
type asked struct {
	Question
	answer chan secret.Secret // takes one; closed when the person refuses
}

// maxAnswer bounds one answer, in bytes.
const maxAnswer = 4 << 10

// person is credentials.Provider.Person in the window: the question is shown until it is answered, refused, or over.
func (d *Desk) person(ctx context.Context, q credentials.Question) (secret.Secret, error) {
	d.mu.Lock()
	d.asks++
	a := &asked{answer: make(chan secret.Secret, 1), Question: Question{
		ID: strconv.Itoa(d.asks), NAS: word(q.NAS), About: q.About, Text: text(q.Text), Echo: q.Echo, Again: q.Again,
	}}
	d.questions[a.ID] = a
	d.touch("question", a.ID)
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.questions, a.ID)
		d.touch("question", a.ID)
		d.mu.Unlock()
	}()
	select {
	case s, ok := <-a.answer:
		if !ok {
			return s, fmt.Errorf("the question was closed and %w", link.ErrNobody)
		}
		return s, nil
	case <-ctx.Done():
		return secret.Secret{}, context.Cause(ctx)
	case <-d.ctx.Done():
		return secret.Secret{}, d.ctx.Err()
	}
}

// Answer answers a question. One that is not asked any more is no error: it may just have ended.
func (d *Desk) Answer(question, answer string) error {
	if len(answer) > maxAnswer {
		return reason.New(reason.WrongUse, "what", "the answer is too long",
			"hint", "Passwords have at most 4096 bytes.")
	}
	if a := d.question(question); a != nil {
		a.answer <- secret.New(answer)
	}
	return nil
}

// Refuse closes a question without an answer.
func (d *Desk) Refuse(question string) {
	if a := d.question(question); a != nil {
		close(a.answer)
	}
}

// question takes a question out of the model, so that it is answered once.
func (d *Desk) question(id string) *asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.questions[id]
	if a != nil {
		delete(d.questions, id)
		d.touch("question", id)
	}
	return a
}
