use secrecy::SecretString;

use super::*;

/// The lowest cost that bcrypt knows; the cost is no subject here.
const HASHER: PasswordHasher = PasswordHasher { cost: 4 };

fn peppers(ids: &[PepperId]) -> Peppers {
    let secrets: Vec<[u8; 48]> = ids
        .iter()
        .map(|id| [u8::try_from(*id).unwrap(); 48])
        .collect();
    Peppers::new(
        ids.iter()
            .copied()
            .zip(secrets.iter().map(<[u8; 48]>::as_slice)),
    )
    .unwrap()
}

fn presented(text: &str) -> PresentedPassword {
    PresentedPassword::from(SecretString::from(text.to_owned()))
}

fn hash(text: &str, peppers: &Peppers) -> String {
    HASHER.rehash(&presented(text), peppers).unwrap()
}

#[test]
fn passwords_are_compared_exactly() {
    let peppers = peppers(&[1]);
    let long = "x".repeat(71);
    let right = [
        "correct horse battery staple",
        "with\0nul and more",
        &format!("{long}yz"),
        &"ü".repeat(1_024),
        "  spaces  ",
    ];
    for password in right {
        let stored = hash(password, &peppers);
        let verify = |text: &str| HASHER.verify(&presented(text), Some(&stored), &peppers);
        assert_eq!(
            verify(password),
            Verdict::Match { outdated: false },
            "{password:?}"
        );
        let near_misses = [
            password.to_uppercase() + "!",
            format!("{password}x"),
            password
                .chars()
                .take(password.chars().count() - 1)
                .collect(),
            password.replace('\0', ""),
            password.split('\0').next().unwrap().to_owned(),
            password.trim().to_owned(),
        ];
        for near_miss in near_misses.iter().filter(|text| *text != password) {
            assert_eq!(verify(near_miss), Verdict::Mismatch, "{near_miss:?}");
        }
    }
}

#[test]
fn no_byte_past_the_71st_is_ignored() {
    let peppers = peppers(&[1]);
    for length in [71, 72, 73, 100] {
        let password = "a".repeat(length);
        let stored = hash(&password, &peppers);
        let other = "a".repeat(length - 1) + "b";
        for wrong in [other, "a".repeat(length + 1), "a".repeat(length - 1)] {
            let verdict = HASHER.verify(&presented(&wrong), Some(&stored), &peppers);
            assert_eq!(verdict, Verdict::Mismatch, "{length}");
        }
    }
}

#[test]
fn an_older_systems_hash_is_accepted_and_outdated() {
    let peppers = peppers(&[1]);
    let stored = bcrypt::hash("an old password", 4).unwrap();
    for prefix in ["$2a$", "$2b$", "$2y$"] {
        let stored = stored.replacen("$2b$", prefix, 1);
        let verdict = HASHER.verify(&presented("an old password"), Some(&stored), &peppers);
        assert_eq!(verdict, Verdict::Match { outdated: true }, "{prefix}");
    }
}

/// Made by Django 5.2, of bcrypt 5.0: what stands behind is bcrypt of 64 hexadecimal digits.
#[test]
fn djangos_hash_of_a_digest_is_accepted_and_outdated() {
    let peppers = peppers(&[1]);
    let long = format!("{}y", "x".repeat(100));
    let cases = [
        (
            "correct horse battery staple",
            "bcrypt_sha256$$2b$05$QPaJUu2OzdYtLRwrZJJxQe1yoEiJ95zBwnUAB322bnEThHcZ8mNDG",
        ),
        (
            "пароль лежит под ковром",
            "bcrypt_sha256$$2b$05$I4yyvDAl9MXS5AyrH.3XKuAs.xPmoIyIbr21GRQeNDJppkCJ.1d6K",
        ),
        (
            long.as_str(),
            "bcrypt_sha256$$2b$05$BdOaO.D./COGYaZAzoEtFO7mwIa4ojvhbxmx7CrPFVsU6.cjYc4gC",
        ),
    ];
    for (password, stored) in cases {
        let verify = |text: &str| HASHER.verify(&presented(text), Some(stored), &peppers);
        assert_eq!(verify(password), Verdict::Match { outdated: true });
        let mut shorter = password.to_owned();
        shorter.pop();
        for wrong in ["", &shorter, &format!("{password}y")] {
            assert_eq!(verify(wrong), Verdict::Mismatch, "{wrong}");
        }
    }
}

/// R31: the work, of which time is a multiple.
#[test]
fn every_refusal_is_the_same_work() {
    let hasher = PasswordHasher::new(7);
    let peppers = peppers(&[1]);
    let own = |cost| {
        let hasher = PasswordHasher::new(cost);
        hasher.rehash(&presented("right"), &peppers).unwrap()
    };
    let mut stored: Vec<Option<String>> = vec![
        None,
        Some(String::new()),
        Some("!".to_owned()),
        Some("$2b$99$x".to_owned()),
        Some("bcrypt_sha256$".to_owned()),
        Some("lk1.9$2b$04$".to_owned()),
    ];
    for cost in 4..=7 {
        let plain = bcrypt::hash("right", cost).unwrap();
        stored.push(Some(format!("{DJANGO_SHA256}{plain}")));
        stored.push(Some(plain));
        stored.push(Some(own(cost)));
    }
    for stored in &stored {
        for password in ["wrong", &"x".repeat(1_025)] {
            let compared = hasher.compare(&presented(password), stored.as_deref(), &peppers);
            let expected = (Verdict::Mismatch, Rounds::of(7));
            assert_eq!(compared, expected, "{stored:?}");
        }
    }
}

#[test]
fn a_new_pepper_or_cost_makes_a_hash_outdated() {
    let stored = hash("a password", &peppers(&[1]));
    let both = peppers(&[1, 2]);
    let outdated = Verdict::Match { outdated: true };
    assert_eq!(
        HASHER.verify(&presented("a password"), Some(&stored), &both),
        outdated
    );
    let dearer = PasswordHasher::new(5);
    assert_eq!(
        dearer.verify(&presented("a password"), Some(&stored), &peppers(&[1])),
        outdated
    );
}

#[test]
fn nobody_has_a_password() {
    let peppers = peppers(&[1]);
    for text in ["", "password"] {
        assert_eq!(
            HASHER.verify(&presented(text), None, &peppers),
            Verdict::Mismatch
        );
    }
}

#[test]
fn a_corrupt_stored_hash_fits_nothing() {
    let peppers = peppers(&[1]);
    let good = hash("a password", &peppers);
    let cut = &good[..good.len() - 1];
    for stored in [
        "",
        "$",
        "lk1.",
        "lk1.1",
        "lk1.9$2b$04$",
        "$2b$99$x",
        "plain text",
        "$2b$04$é",
        cut,
    ] {
        let verdict = HASHER.verify(&presented("a password"), Some(stored), &peppers);
        assert_eq!(verdict, Verdict::Mismatch, "{stored:?}");
    }
}

#[test]
fn an_over_long_password_is_wrong() {
    let text = SecretString::from("x".repeat(1_025));
    assert!(NewPassword::accept(text, &[]).is_err());
    let peppers = peppers(&[1]);
    let stored = hash("", &peppers);
    let verdict = HASHER.verify(&presented(&"x".repeat(1_025)), Some(&stored), &peppers);
    assert_eq!(verdict, Verdict::Mismatch);
}

/// bcrypt repeats its key with a NUL between, and reads 72 bytes of it.
#[test]
fn of_an_older_systems_hash_no_more_is_believed_than_it_says() {
    let peppers = peppers(&[1]);
    let stored = bcrypt::hash("abcdefgh", 4).unwrap();
    let verify = |text: &str, stored: &str| HASHER.verify(&presented(text), Some(stored), &peppers);
    assert_eq!(
        verify("abcdefgh", &stored),
        Verdict::Match { outdated: true }
    );
    assert_eq!(verify("abcdefgh\0abcdefgh", &stored), Verdict::Mismatch);

    let long = "p".repeat(72);
    let stored = bcrypt::hash(format!("{long}tail"), 4).unwrap();
    for tail in ["tail", "another"] {
        let verdict = verify(&format!("{long}{tail}"), &stored);
        assert_eq!(verdict, Verdict::Match { outdated: false }, "{tail}");
    }
}
