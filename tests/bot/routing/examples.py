"""The settings file that the tests of rules and rotation use: three teams, and the rules of an ordinary shop."""

from bot.routing.load import load_settings

SHOP = """\
version: 1
teams:
  payments: {channel: C0PAYBUGS, name: Payments, people: [U0ANA, U0BO, U0CHI], pick: rotate-weekly}
  platform: {channel: C0PLATFORM, people: [U0DEV, U0EVE], pick: fewest-open}
  web: {channel: C0WEBBUGS, people: [U0FIN]}
components:
  checkout: {owner: payments, tracker: {linear: PAY}, labels: [checkout], paths: ["src/checkout/**", "services/pay/**"]}
  search: {owner: web, tracker: {github: acme/web}, labels: [area/search], paths: ["src/search/**", "src/**/find.*"]}
  sign-in: {owner: platform, labels: [area/auth]}
channels:
  C0QA: {component: search, found_in: staging, labels: [from-qa]}
  C0SHOP: checkout
routes:
  - name: security goes to two people only
    when: {any_word: [xss, csrf, "sql injection", "leaked token", vulnerability]}
    set: {private: true, team: platform, severity: S1}
  - name: what the reporter chose
    when: {component: given}
    set: {component: as-given}
  - name: payment pages
    when: {url: "https://app.acme.dev/(checkout|billing)/**"}
    set: {component: checkout}
  - name: payment words
    when: {any_word: [checkout, invoice, refund, "apple pay", card]}
    set: {component: checkout}
  - name: search words
    when: {any_word: [search, filter]}
    set: {component: search}
  - name: stack trace
    when: {path: owned}
    set: {component: by-path}
  - name: everything else
    when: always
    set: {team: web}
also:
  - when: {reporter_role: support}
    set: {labels: [customer-reported], found_in: production}
  - when: {severity: [S1]}
    set: {notify: [C0LEADS]}
  - name: looks
    when: {any_word: [alignment, contrast, "dark mode", icon, spacing]}
    set: {labels: [ux], notify: [C0DESIGN]}
"""
SETTINGS = load_settings(SHOP, "liaison.yaml")
