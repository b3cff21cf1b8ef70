document.body.append("Latchkey's pages are on their way.");
