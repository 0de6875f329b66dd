import { mount } from 'svelte'
import './shared/tokens.css'
import './shared/page.css'
import './shared/controls.css'
import { bridge } from './shared/bridge'
import { Look } from './shared/theme.svelte'
import Page from './views/Page.svelte'

const api = bridge(window as Parameters<typeof bridge>[0])
const look = new Look(localStorage, matchMedia('(prefers-color-scheme: dark)'))
mount(Page, { target: document.getElementById('page')!, props: { api, look } })
