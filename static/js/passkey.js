// allauth's scripts say on the console only that a passkey did not work; here the page says it.
document.addEventListener('allauth.error', (event) => {
  event.preventDefault()
  document.getElementById('passkey-trouble').hidden = false
})
