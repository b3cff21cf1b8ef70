//! Hashes as other implementations made them, written down once: Django 5.2, Python's bcrypt 5.0, node's
//! bcrypt 6 and bcryptjs 3.

use secrecy::SecretString;

use super::*;
use crate::users::{
    password::PresentedPassword,
    password_hash::{PasswordHasher, Verdict},
};

const STAPLE: &str = "correct horse battery staple";
const CARPET: &str = "пароль лежит под ковром";

/// What stands in a dump, the password, and what is to be stored.
const TAKEN: [(&str, &str, &str); 9] = [
    (
        "$2a$06$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky",
        STAPLE,
        "$2a$06$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky",
    ),
    (
        "$2b$05$7CB9R273DN5Q3lFYJnh.xeH/SnoZJy/RMT8G1Qg2XlevgKa5grN0a",
        CARPET,
        "$2b$05$7CB9R273DN5Q3lFYJnh.xeH/SnoZJy/RMT8G1Qg2XlevgKa5grN0a",
    ),
    (
        "$2b$05$vUPYuQfmsX.vL5.eeZJyg.LpKj0Jegd.wZrLh/WUc6I6g5ovWo0fe",
        STAPLE,
        "$2b$05$vUPYuQfmsX.vL5.eeZJyg.LpKj0Jegd.wZrLh/WUc6I6g5ovWo0fe",
    ),
    (
        "$2b$05$xBbs0VubWJYL52GwMprtC.qiMF9szt6u5mjOk7SLpZbxu5vvAvrj6",
        STAPLE,
        "$2b$05$xBbs0VubWJYL52GwMprtC.qiMF9szt6u5mjOk7SLpZbxu5vvAvrj6",
    ),
    (
        "$2a$05$zDw1ABLudhmlhr9ci/70ceVeOXGFjWPcm/xbqzYJN5OZt.X2DJyuq",
        CARPET,
        "$2a$05$zDw1ABLudhmlhr9ci/70ceVeOXGFjWPcm/xbqzYJN5OZt.X2DJyuq",
    ),
    (
        "$2y$05$1VAseywdIMRED0trQIpOQO5qK.daCl0xAxSxsuWGLRJgntpPdHk0m",
        CARPET,
        "$2y$05$1VAseywdIMRED0trQIpOQO5qK.daCl0xAxSxsuWGLRJgntpPdHk0m",
    ),
    (
        "bcrypt$$2b$05$TRP7QurHwmKdkLPeHbvnnOFgh7bxfADXr35hwJr7SRd2vwvK.Pc4.",
        STAPLE,
        "$2b$05$TRP7QurHwmKdkLPeHbvnnOFgh7bxfADXr35hwJr7SRd2vwvK.Pc4.",
    ),
    (
        "bcrypt_sha256$$2b$05$QPaJUu2OzdYtLRwrZJJxQe1yoEiJ95zBwnUAB322bnEThHcZ8mNDG",
        STAPLE,
        "bcrypt_sha256$$2b$05$QPaJUu2OzdYtLRwrZJJxQe1yoEiJ95zBwnUAB322bnEThHcZ8mNDG",
    ),
    // The same salt as in the second row but for bits that mean nothing, as some libraries write them.
    (
        "$2b$05$7CB9R273DN5Q3lFYJnh.xhH/SnoZJy/RMT8G1Qg2XlevgKa5grN0b",
        CARPET,
        "$2b$05$7CB9R273DN5Q3lFYJnh.xeH/SnoZJy/RMT8G1Qg2XlevgKa5grN0a",
    ),
];

fn acceptance(peppers: Option<Peppers>) -> Acceptance {
    Acceptance {
        greatest_cost: 12,
        peppers,
    }
}

fn refusal(text: &str) -> ForeignHashError {
    ForeignHash::parse(text, None, &acceptance(None)).unwrap_err()
}

#[test]
fn what_other_systems_keep_is_taken_and_their_passwords_fit() {
    let peppers = Peppers::new([(1, [1; 48].as_slice())]).unwrap();
    for (text, password, stored) in TAKEN {
        let hash = ForeignHash::parse(text, None, &acceptance(None)).unwrap();
        assert_eq!(hash.as_str(), stored);
        assert!(!format!("{hash:?}").contains("2b"));
        let presented = PresentedPassword::from(SecretString::from(password));
        let verdict = PasswordHasher::new(10).verify(&presented, Some(hash.as_str()), &peppers);
        assert_eq!(verdict, Verdict::Match { outdated: true }, "{text}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    for (text, code) in [
        (
            "pbkdf2_sha256$1000$vDDw3OWJ8u1s4NzrW1wrtB$IUTMv4oZ3PCLQLD2q+hXR1o9ZdCaYKWdxa+i9vX8VlA=",
            "hash_pbkdf2_sha256",
        ),
        (
            "pbkdf2_sha1$1000$QID4Dro377mwwT3Is72fEl$C/il+xU5SG333Wipmga1KHFtWF8=",
            "hash_pbkdf2_sha1",
        ),
        (
            "argon2$argon2id$v=19$m=102400,t=2,p=8$MDh2Z0VYSWY5aEFJU0tYanZWMEJURA$kIuoEX4Ew6ridRYK",
            "hash_argon2",
        ),
        (
            "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
            "hash_argon2",
        ),
        ("scrypt$16384$8aIbD8ylzr0MTtqUdUMmuw$8$5$af", "hash_scrypt"),
        (
            "md5$HhacCJnnkdezkOfFMCWAax$42b1cca5ad6fbeb0e967b4100b3bfc65",
            "hash_md5",
        ),
        ("42b1cca5ad6fbeb0e967b4100b3bfc65", "hash_md5"),
        ("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "hash_sha1"),
        ("$6$salt$hash", "hash_sha512_crypt"),
        ("$P$BDqqmpBdgyn4RCRYVWfQ0y3bXQGGzy1", "hash_phpass"),
        (
            "$2x$05$7CB9R273DN5Q3lFYJnh.xeH/SnoZJy/RMT8G1Qg2XlevgKa5grN0a",
            "hash_bcrypt_2x",
        ),
        (
            "bcrypt$$2x$05$7CB9R273DN5Q3lFYJnh.xeH/SnoZJy/RMT8G1Qg2XlevgKa5grN0a",
            "hash_bcrypt_2x",
        ),
        (
            "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3",
            "hash_passlib_bcrypt_sha256",
        ),
    ] {
        let ForeignHashError::Algorithm(algorithm) = refusal(text) else {
            panic!("{text}: {:?}", refusal(text));
        };
        assert_eq!(algorithm.code, code, "{text}");
    }
    for text in ["!2FxJd0NLtQavCnC0oatTewFsGYSKGk6fgpUHHUuA", "!", "*"] {
        assert_eq!(refusal(text), ForeignHashError::Unusable);
    }
    for text in [STAPLE, "", "$", "$2", "2b$05$", "lk2.1$2b$05$"] {
        assert_eq!(refusal(text), ForeignHashError::Unknown, "{text}");
    }
}

#[test]
fn a_bcrypt_hash_is_read_to_its_end() {
    let good = TAKEN[1].0;
    let mut broken = vec![
        good[..59].to_owned(),
        format!("{good}a"),
        format!("{good}\n"),
        format!("{good} "),
        good.replacen("$05$", "$5$0", 1),
        good.replacen("$05$", "$+5$", 1),
        good.replacen("$05$", "$03$", 1),
        good.replacen("$05$", "$32$", 1),
        good.replacen("$05$", "$xx$", 1),
        good.replacen("$05$7", "$05$é", 1),
        good.replacen("xeH/", "xe+/", 1),
        good.replacen("xeH/", "xe=/", 1),
        "bcrypt$".to_owned(),
        "bcrypt_sha256$".to_owned(),
    ];
    broken.extend(["bcrypt$", "bcrypt_sha256$"].map(|prefix| format!("{prefix}{}", &good[..59])));
    for text in broken {
        assert_eq!(refusal(&text), ForeignHashError::Broken, "{text:?}");
    }
}

/// R31: whoever has a dearer hash would be told from nobody by time.
#[test]
fn a_hash_that_is_dearer_than_the_servers_own_is_refused() {
    for (cost, taken) in [(4, true), (12, true), (13, false), (31, false)] {
        let text = TAKEN[1].0.replacen("$05$", &format!("${cost:02}$"), 1);
        let outcome = ForeignHash::parse(&text, None, &acceptance(None));
        let refused = Err(ForeignHashError::CostTooHigh { cost, greatest: 12 });
        assert_eq!(outcome.is_ok(), taken);
        assert!(taken || outcome == refused);
    }
}

#[test]
fn a_hash_of_ours_is_taken_where_its_pepper_is_known_by_whatever_number() {
    let there = Peppers::new([(1, [7; 48].as_slice())]).unwrap();
    let here = Peppers::new([(1, [1; 48].as_slice()), (4, [7; 48].as_slice())]).unwrap();
    let fingerprint = there.fingerprint(1).unwrap();
    let presented = PresentedPassword::from(SecretString::from(STAPLE));
    let text = PasswordHasher::new(5).rehash(&presented, &there).unwrap();

    let hash = ForeignHash::parse(&text, Some(&fingerprint), &acceptance(Some(here.clone())));
    let hash = hash.unwrap();
    assert_eq!(hash.as_str(), text.replacen("lk1.1$", "lk1.4$", 1));
    let verdict = PasswordHasher::new(5).verify(&presented, Some(hash.as_str()), &here);
    assert_eq!(verdict, Verdict::Match { outdated: false });

    for (fingerprint, peppers) in [
        (None, Some(here.clone())),
        (Some(fingerprint.as_str()), None),
        (Some(""), Some(here.clone())),
        (
            Some(fingerprint.as_str()),
            Peppers::new([(1, [1; 48].as_slice())]),
        ),
    ] {
        let refused = ForeignHash::parse(&text, fingerprint, &acceptance(peppers));
        assert_eq!(refused, Err(ForeignHashError::PepperUnknown));
    }
    let cut = &text[..text.len() - 1];
    let refused = ForeignHash::parse(cut, Some(&fingerprint), &acceptance(Some(here)));
    assert_eq!(refused, Err(ForeignHashError::Broken));
}

#[test]
fn nothing_fits_who_has_no_password() {
    let nothing = ForeignHash::of_nothing();
    assert_eq!(to_export(nothing.as_str()), None);
    let peppers = Peppers::new([(1, [1; 48].as_slice())]).unwrap();
    for password in ["", "!", STAPLE] {
        let presented = PresentedPassword::from(SecretString::from(password));
        let verdict = PasswordHasher::new(4).verify(&presented, Some(nothing.as_str()), &peppers);
        assert_eq!(verdict, Verdict::Mismatch);
    }
}
