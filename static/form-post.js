// Sends the one form of this page on its way (OAuth 2.0 Form Post Response Mode).
document.forms[0]?.submit();
