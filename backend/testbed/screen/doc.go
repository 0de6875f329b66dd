// Package screen gives a test a display of its own: an X server that draws into memory, with a keyboard and a camera.
//
// A Reader reads what the window says, by the accessibility tree that assistive programs read.
//
// It takes the place of a window manager where one is needed: it gives a window the keyboard, and asks it to close as
// the frame's button would (WM_DELETE_WINDOW). What is drawn is looked at as pixels. A Screen is for the goroutine of
// its test; it ends with the test, and with the test's process. A step that the server refuses fails the test. Linux
// only.
package screen
