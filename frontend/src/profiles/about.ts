// What a question is about, by the word that the program has for it.
import type { About } from '../shared/api'

const words: Record<About, string> = {
  login: 'Password of the login',
  sudo: 'Password of sudo',
  passphrase: 'Passphrase of the key',
  jump: 'Password at the jump host',
  code: 'A code or an answer that is never kept',
  seal: 'Passphrase of the sealed file',
  new_seal: 'New passphrase of the sealed file',
}
export const aboutWords = (about: About) => words[about]

// What nobody can bring back is typed twice.
export const twice = (about: About) => about === 'new_seal'
