//go:build linux && (desktop || dev) && !bindings

package main

/*
#cgo pkg-config: gtk+-3.0
#define GDK_DISABLE_DEPRECATION_WARNINGS
#include <gtk/gtk.h>

// isDark says whether windows of the system's theme are dark.
static gboolean isDark(void) {
	GtkWidget *w = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	GdkRGBA c;
	gtk_style_context_get_background_color(gtk_widget_get_style_context(w), GTK_STATE_FLAG_NORMAL, &c);
	gtk_widget_destroy(w);
	return c.alpha == 1 && c.red + c.green + c.blue < 1.5;
}

// ground gives a window that is about to be shown the colour that it has until GTK draws: black, where nobody says
// more.
static gboolean ground(GSignalInvocationHint *hint, guint n, const GValue *of, gpointer colour) {
	GtkWidget *w = g_value_get_object(of);
	GdkRGBA c;
	if (GTK_IS_WINDOW(w) && !GTK_IS_DIALOG(w) && gdk_rgba_parse(&c, colour))
		gdk_window_set_background_rgba(gtk_widget_get_window(w), &c);
	return TRUE;
}

// paint gives the window's ground its colour. Wails does so too, but after the first frame; its priority is that of a
// user's own style.
static void paint(char *colour) {
	GtkCssProvider *style = gtk_css_provider_new();
	gpointer class = g_type_class_ref(GTK_TYPE_WIDGET);
	char *css = g_strdup_printf("#webview-box { background-color: %s; }", colour);
	gtk_css_provider_load_from_data(style, css, -1, NULL);
	gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(style),
		GTK_STYLE_PROVIDER_PRIORITY_USER + 1);
	g_signal_add_emission_hook(g_signal_lookup("realize", GTK_TYPE_WIDGET), 0, ground, colour, NULL);
	g_free(css);
	g_type_class_unref(class);
	g_object_unref(style);
}

// cancel answers all dialogs that are open, but not one that is asked to close itself, and says whether there were any.
static gboolean cancel(GdkWindow *apart) {
	gboolean any = FALSE;
	GList *all = gtk_window_list_toplevels(), *w;
	g_list_foreach(all, (GFunc)(void (*)(void))g_object_ref, NULL);
	for (w = all; w; w = w->next) {
		if (!GTK_IS_DIALOG(w->data) || !gtk_widget_get_visible(w->data)) continue;
		if (apart && gtk_widget_get_window(w->data) == apart) {
			any = FALSE;
			break;
		}
		gtk_dialog_response(GTK_DIALOG(w->data), GTK_RESPONSE_CANCEL);
		any = TRUE;
	}
	g_list_free_full(all, g_object_unref);
	return any;
}

// A dialog runs a loop of its own, in which the program neither ends nor hears that its window is to be closed: GTK
// gives such an event to nobody.
static void hear(GdkEvent *event, gpointer nothing) {
	if (event->type == GDK_DELETE && cancel(event->any.window))
		gdk_event_put(event); // for the loop that is left then
	else
		gtk_main_do_event(event);
}

static gboolean listen(gpointer nothing) {
	gdk_event_handler_set(hear, NULL, NULL);
	return G_SOURCE_REMOVE;
}

static gboolean none(gpointer nothing) {
	cancel(NULL);
	return G_SOURCE_CONTINUE; // one may be about to open
}

static void listenOnMain(void) { g_idle_add(listen, NULL); }
static void noneOnMain(void) { g_timeout_add(50, none, NULL); }
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"

	"github.com/wailsapp/wails/v2/pkg/options"
)

// ground sets up GTK before Wails does, so that from its first frame on the window has the ground of the theme that was
// chosen, else of the system's. It is what is seen until the page is painted: first of the window, then of the box that
// holds the web view, then of the web view, which paints black where it has none.
func ground(theme string) *options.RGBA {
	runtime.LockOSThread() // for good: GTK is used from one thread
	if session := os.Getenv("XDG_SESSION_TYPE"); os.Getenv("GDK_BACKEND") == "" &&
		(session == "" || session == "unspecified" || session == "x11") {
		_ = os.Setenv("GDK_BACKEND", "x11") // as Wails does
	}
	if C.gtk_init_check(nil, nil) == 0 {
		return pageGround(theme) // Wails says why
	}
	if theme == "" && C.isDark() != 0 {
		theme = "dark"
	}
	c := pageGround(theme)
	C.paint(C.CString(fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))) // kept as long as the program runs
	return c
}

// watchDialogs has the system's dialogs cancelled when their window is asked to close.
func watchDialogs() { C.listenOnMain() }

// cancelDialogs cancels the system's dialogs that are open, and those that are still to open.
func cancelDialogs() { C.noneOnMain() }
