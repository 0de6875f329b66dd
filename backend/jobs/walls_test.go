package jobs_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"burnish/backend/credentials"
	"burnish/backend/jobs"
	"burnish/backend/nas/mirror"
	"burnish/backend/notify"
	"burnish/backend/store"
)

// TestNobodyReachesPastTheService: desk and cli are given a Service. From it no field and no answer leads to the index,
// to the copies or to the logins, however many steps one goes.
func TestNobodyReachesPastTheService(t *testing.T) {
	own := []reflect.Type{reflect.TypeFor[store.Store](), reflect.TypeFor[mirror.Mirror](),
		reflect.TypeFor[credentials.Provider]()}
	known := map[reflect.Type]bool{}
	var walk func(at reflect.Type, way string)
	walk = func(at reflect.Type, way string) {
		if slices.Contains(own, at) {
			t.Errorf("%s gives out a %s", way, at)
			return
		}
		if known[at] {
			return
		}
		known[at] = true
		switch at.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
			walk(at.Elem(), way)
		case reflect.Map:
			walk(at.Key(), way)
			walk(at.Elem(), way)
		case reflect.Func:
			for i := range at.NumIn() {
				walk(at.In(i), way)
			}
			for i := range at.NumOut() {
				walk(at.Out(i), way)
			}
		case reflect.Struct:
			for i := range at.NumField() {
				if f := at.Field(i); f.IsExported() {
					walk(f.Type, way+"."+f.Name)
				}
			}
		default:
		}
		if !strings.HasPrefix(at.PkgPath(), "burnish/") {
			return
		}
		for _, of := range []reflect.Type{at, reflect.PointerTo(at)} {
			for i := range of.NumMethod() {
				for j := range of.Method(i).Type.NumOut() {
					walk(of.Method(i).Type.Out(j), fmt.Sprintf("%s.%s()", way, of.Method(i).Name))
				}
			}
		}
	}
	walk(reflect.TypeFor[*jobs.Service](), "Service")
	walk(reflect.TypeFor[*notify.Outbox](), "Outbox")
}
