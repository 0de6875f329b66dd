// Before the first paint: the theme that was chosen, or the system's, so that no frame has the other. theme.svelte.ts
// goes on from here.
{
  const kept = localStorage.getItem('theme')
  const dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}
