export type Theme = 'system' | 'light' | 'dark'

// Look is what a person chose for the page's look; it is kept by the page itself.
export class Look {
  theme = $state<Theme>('system')
  dense = $state(false)
  dark = $state(false)
  #store: Storage
  #system: MediaQueryList

  constructor(store: Storage, system: MediaQueryList) {
    this.#store = store
    this.#system = system
    const kept = store.getItem('theme')
    if (kept === 'light' || kept === 'dark') this.theme = kept
    this.dense = store.getItem('dense') === '1'
  }

  apply(root: HTMLElement): () => void {
    const set = () => {
      this.dark = this.theme === 'dark' || (this.theme === 'system' && this.#system.matches)
      root.dataset.theme = this.dark ? 'dark' : 'light'
    }
    set()
    this.#system.addEventListener('change', set)
    return () => this.#system.removeEventListener('change', set)
  }

  choose(theme: Theme) {
    this.theme = theme
    this.#store.setItem('theme', theme)
  }

  setDense(dense: boolean) {
    this.dense = dense
    this.#store.setItem('dense', dense ? '1' : '0')
  }
}
