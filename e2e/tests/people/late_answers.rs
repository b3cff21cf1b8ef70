//! Why a client must not store an answer that comes late.
//!
//! Two tabs of a browser refresh around the end of a window. The first is told the token that it sent, for
//! it is still too young to be succeeded; the second, a moment later, gets the successor. If the first
//! answer is slow and arrives last, it puts the older token back, and the next refresh looks like theft.
//! Nothing was lost and nobody was silent: it is the client's to prevent, and it can.

use crate::clock::Moment;
use crate::jar::JarRule;
use crate::ledger::{Ledger, MINUTE, Meaning, Token, WINDOW};
use crate::servers::{Ask, Origin, Said, Servers, Storage};

/// A browser of two tabs.
struct Browser<'a> {
    servers: &'a Servers,
    ledger: Ledger,
    origin: Origin,
}

#[tokio::test]
async fn an_answer_that_is_stored_late_makes_a_thief_of_an_honest_browser() {
    let servers = Servers::start(&[]);
    let rules = [
        ("ada", JarRule::WhereTheSentTokenStillIs, Meaning::Rotate),
        ("bea", JarRule::AsTheyComeIfChanged, Meaning::Rotate),
        ("cyd", JarRule::AsTheyCome, Meaning::Reuse),
    ];
    for (day, (name, rule, meaning)) in (0..).zip(rules) {
        let start = day * 60 * MINUTE;
        let mut browser = Browser::new(&servers);
        let login = browser.register(name, start).await;
        let first = browser.refresh(login, start).await.1.unwrap();

        let slow = browser.refresh(first, start + WINDOW - 1).await.1.unwrap();
        assert_eq!(slow, first, "it repeats what was sent");
        let successor = browser.refresh(first, start + WINDOW + 5).await.1.unwrap();
        let mut jar = successor;
        if rule.stores(jar, first, slow) {
            jar = slow;
        }

        let (meant, _) = browser.refresh(jar, start + 15 * MINUTE).await;
        assert_eq!(meant, meaning, "{rule:?}");
    }
}

impl<'a> Browser<'a> {
    fn new(servers: &'a Servers) -> Self {
        Self {
            servers,
            ledger: Ledger::new(30 * 24 * 60 * MINUTE),
            origin: Origin {
                ip: "198.51.100.7".to_owned(),
                user_agent: "Browser".to_owned(),
            },
        }
    }

    async fn register(&mut self, name: &str, now: Moment) -> Token {
        let name = name.to_owned();
        let said = self.ask(Ask::Register { name }, now).await;
        self.ledger.open(&said, &self.origin, now)
    }

    async fn refresh(&mut self, token: Token, now: Moment) -> (Meaning, Option<Token>) {
        let text = self.ledger.text(token).to_owned();
        let said = self.ask(Ask::Refresh { token: text }, now).await;
        self.ledger.refresh(token, &said, &self.origin, now)
    }

    async fn ask(&self, ask: Ask, now: Moment) -> Said {
        self.servers.set_clock(now);
        let storage = Storage::CookieJar;
        self.servers.ask(&ask, storage, &self.origin).await
    }
}
