import type { Api, FoundHost, NASForm, Said, SecretKind, Step } from '../shared/api'
import { said } from '../shared/bridge'
import { tidy } from '../shared/text'
import { wrongTreatment } from './treatment'

export type Login = 'agent' | 'key' | 'password'

// Adding is the form of a NAS and its test: of a new one, or of a saved one that is changed. A host key that nobody
// knows is asked about, and is only then part of the form.
export class Adding {
  form = $state<NASForm>({
    name: '',
    host: '',
    user: 'root',
    port: 22,
    key_file: '',
    agent: false,
    password_login: false,
    password: '',
    passphrase: '',
    sudo: 'none',
    sudo_password: '',
    host_key: '',
    jump: '',
    jump_key: '',
    state_dir: '',
    keep: '',
    virtual_drives: false,
    legacy_algorithms: false,
    slots: 0,
    keep_days: 30,
    auto_resume: false,
  })
  login = $state<Login>('key')
  steps = $state.raw<Step[]>([])
  key = $state('') // the fingerprint to be compared
  ofJump = $state(false) // it is that of the jump host
  busy = $state(false)
  trouble = $state.raw<Said | null>(null)
  hosts = $state.raw<FoundHost[] | null>(null)
  ready = $state(true) // the form is that of the saved NAS
  lose = $state<SecretKind[]>([]) // what is kept no longer
  readonly edits: string // the NAS that is changed; empty for a new one
  #withKey = false // a password beside the key
  #api: Api

  constructor(api: Api, edits = '') {
    this.#api = api
    this.edits = edits
  }

  // load fills the form as a saved NAS has it. No secret is among that. Another like it has a name of its own.
  async load(nas: string) {
    this.ready = false
    try {
      const f = tidy(await this.#api.Form(nas))
      this.login = f.agent ? 'agent' : f.key_file ? 'key' : 'password'
      this.#withKey = f.key_file !== '' && f.password_login
      Object.assign(this.form, f, this.edits ? {} : { name: `${f.name}-2` })
      this.ready = true
    } catch (e) {
      this.trouble = said(e)
    }
  }

  // kept is whether a secret may be kept that an empty field leaves as it is.
  kept = $derived.by(() => this.edits !== '' && this.form.keep !== '')

  listen(): () => void {
    return this.#api.on('burnish:steps', (s) => {
      if (this.busy && s.nas === this.edits) this.steps = tidy(s.steps)
    })
  }

  // saved: the NAS is kept already, and the rest of its test can be called off no more.
  saved = $derived(this.steps.some((s) => s.id === 'save' && s.state === 'passed'))

  missing = $derived.by(() => {
    const f = this.form
    if (!this.ready) return 'Wait for what is saved'
    if (!f.name.trim()) return 'It needs a name'
    if (!f.host.trim()) return 'It needs a host'
    if (!f.user.trim()) return 'It needs a user'
    if (!Number.isInteger(f.port) || f.port < 1 || f.port > 65535) return 'A port is 1 to 65535'
    const odd = wrongTreatment(f)
    if (odd) return odd
    if (this.login === 'key' && !f.key_file.trim()) return 'Choose a key file'
    return ''
  })

  // add tests the login and keeps the NAS if all of it works; it gives the new NAS's id, or nothing.
  async add(): Promise<string> {
    if (this.missing || this.busy) return ''
    this.busy = true
    this.trouble = null
    this.key = ''
    this.split()
    try {
      const f = { ...this.form, name: this.form.name.trim(), host: this.form.host.trim(), user: this.form.user.trim() }
      f.agent = this.login === 'agent'
      f.password_login = this.login === 'password' || (this.login === 'key' && this.#withKey)
      if (this.login !== 'key') f.key_file = f.passphrase = ''
      if (this.login !== 'password') f.password = ''
      if (f.sudo !== 'password') f.sudo_password = ''
      const r = tidy(await (this.edits ? this.#api.EditNAS(this.edits, f, [...this.lose]) : this.#api.AddNAS(f)))
      this.steps = r.steps
      if (r.ok) {
        this.forget()
        return r.nas
      }
      this.key = r.shown_key
      this.ofJump = r.of_jump
    } catch (e) {
      this.trouble = said(e)
    } finally {
      this.busy = false
    }
    return ''
  }

  // trust takes the shown host key for the right one and goes on.
  async trust(): Promise<string> {
    if (this.ofJump) this.form.jump_key = this.key
    else this.form.host_key = this.key
    return this.add()
  }

  // split puts what is pasted as a host into its fields: user@host:port, ssh://…, [address]:port. The program takes it
  // too; here the person sees what it was taken for.
  split() {
    const f = this.form
    f.host = f.host.trim()
    const m = /^(?:ssh:\/\/)?(?:([^@:/\s]+)@)?(?:\[([0-9a-f:.%]+)\]|([^@:/\s[\]]+))(?::([0-9]{1,5}))?\/?$/i.exec(f.host)
    if (!m) return
    f.host = (m[2] ?? m[3])!
    if (m[1]) f.user = m[1]
    if (m[4]) f.port = Number(m[4])
  }

  // elsewhere: another machine answers now, so that no key of the one before is trusted, or asked about, for it.
  elsewhere() {
    this.form.host_key = ''
    if (!this.ofJump) this.key = ''
  }

  overAnother() {
    this.form.jump_key = ''
    if (this.ofJump) this.key = ''
  }

  // leave forgets what was typed, and calls off a test of which nothing is kept yet.
  async leave() {
    this.forget()
    if (this.busy && !this.saved) await this.#api.CancelAdd()
  }

  async look() {
    try {
      this.hosts = tidy(await this.#api.ImportHosts())
    } catch (e) {
      this.trouble = said(e)
    }
  }

  take(h: FoundHost) {
    if (h.reason) return
    Object.assign(this.form, {
      name: this.form.name || h.name,
      host: h.host,
      user: h.user || this.form.user,
      port: h.port || 22,
      key_file: h.key_file,
      jump: h.jump,
      host_key: h.host_key,
      jump_key: '',
    })
    this.login = h.key_file ? 'key' : 'agent'
    this.hosts = null
  }

  async pick() {
    try {
      const path = await this.#api.PickKey()
      if (path) this.form.key_file = path
    } catch (e) {
      this.trouble = said(e)
    }
  }

  forget() {
    this.form.password = this.form.passphrase = this.form.sudo_password = ''
  }
}
