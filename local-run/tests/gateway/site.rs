//! The site: its pages and files, how long browsers keep them, and that they get nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use local_run::site::{Site, checkout_directory};
use local_run::temporary::TemporaryDirectory;

use super::harness::{Answer, Behaviour, Gateway, OK, Upstream};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
const PAGES: [&str; 7] = [
    "/",
    "/?from=elsewhere",
    "/sign-in",
    "/register",
    "/account",
    "/n/new",
    "/n/01931b2c-7a50-7d6e-8c3f-0123456789ab",
];
const FILES: [(&str, &str); 6] = [
    ("app/main.js", "text/javascript; charset=utf-8"),
    ("app/sign-in/view.js", "text/javascript; charset=utf-8"),
    ("latchkey.js", "text/javascript; charset=utf-8"),
    ("latchkey/tabs.js", "text/javascript; charset=utf-8"),
    ("styles/base.css", "text/css; charset=utf-8"),
    ("icon.svg", "image/svg+xml; charset=utf-8"),
];
/// Headers that a browser heeds where it shows something, as it does with an icon, too.
const FOR_PAGES: [&str; 3] = [
    "referrer-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
];
/// What lies beside the files of the site.
const PRIVATE: [&str; 12] = [
    "README.md",
    "package.json",
    ".npmrc",
    "main.js",
    "tests/unit/latchkey.test.js",
    "node_modules/x/index.js",
    "app/.main.js",
    "app/main.js~",
    "app/main.json",
    "app/.git/main.js",
    "styles/notes.js",
    "../outside.js",
];

struct Served {
    gateway: Gateway,
    web: PathBuf,
    _directory: TemporaryDirectory,
}

impl Served {
    fn start(site: fn(PathBuf) -> Site) -> Self {
        let directory = TemporaryDirectory::new("site").unwrap();
        let web = directory.path().join("web");
        write(
            &web,
            "index.html",
            "<script src=/site/{version}/app/main.js></script>{version}",
        );
        for (name, _) in FILES {
            write(&web, name, &format!("Grüße von {name}\n").repeat(50));
        }
        for name in PRIVATE {
            write(&web, name, "private");
        }
        let service = Upstream::start(OK);
        let gateway = Gateway::start_with(&[service.port], &[service.port], |settings| {
            settings.site = site(web.clone());
        });
        Self {
            gateway,
            web,
            _directory: directory,
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.gateway.request("GET", path, "")
    }

    fn version(&self) -> String {
        version(&self.gateway)
    }
}

/// As the page names it.
fn version(gateway: &Gateway) -> String {
    let page = gateway.request("GET", "/", "");
    let (_, rest) = page.body().split_once("src=/site/").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

fn write(web: &Path, name: &str, content: &str) {
    let path = web.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn every_page_is_the_one_document_with_the_version_filled_in() {
    let served = Served::start(Site::Copied);
    let version = served.version();
    assert_eq!(version.len(), 16, "{version}");
    for path in PAGES {
        let answer = served.gateway.request(
            "GET",
            path,
            "If-Modified-Since: Fri, 31 Dec 2100 23:59:59 GMT\r\n",
        );
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.header("content-type"), ["text/html; charset=utf-8"]);
        assert_eq!(answer.header("cache-control"), ["no-cache"]);
        assert_eq!(answer.header("content-security-policy"), [POLICY]);
        for name in FOR_PAGES {
            assert_eq!(answer.header(name).len(), 1, "{path}: {name}");
        }
        assert!(answer.header("etag").is_empty() && answer.header("last-modified").is_empty());
        let page = format!("<script src=/site/{version}/app/main.js></script>{version}");
        assert!(answer.body().contains(&page), "{path}: {answer:?}");
    }
    for path in [
        "/index.html",
        "/sign-in/",
        "/Register",
        "/n",
        "/n/",
        "/n/1",
        "/n/new/1",
        "/n/01931b2c-7a50-7d6e-8c3f-0123456789abc",
    ] {
        let answer = served.get(path);
        answer.assert_problem(404, "not_found");
        assert_ne!(answer.header("content-security-policy"), [POLICY], "{path}");
    }
}

/// People get the page, which says so; programs the problem.
#[test]
fn an_address_that_nobody_has_is_told_in_the_askers_own_language() {
    let served = Served::start(Site::Copied);
    let version = served.version();
    for path in ["/nowhere", "/n/1", "/index.html"] {
        let accepts = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n";
        let page = served.gateway.request("GET", path, accepts);
        assert_eq!(page.status(), 404, "{path}");
        assert_eq!(page.header("content-type"), ["text/html; charset=utf-8"]);
        assert_eq!(page.header("content-security-policy"), [POLICY]);
        assert_eq!(page.header("cache-control"), ["no-cache"]);
        assert!(page.body().contains(&version), "{page:?}");
        let problem = served.gateway.request("GET", path, "Accept: */*\r\n");
        problem.assert_problem(404, "not_found");
    }
    let posted = served
        .gateway
        .request("POST", "/nowhere", "Accept: text/html\r\n");
    assert_eq!(posted.status(), 404);
}

#[test]
fn a_file_is_kept_for_good_under_its_own_version_only() {
    let served = Served::start(Site::Copied);
    let own = served.version();
    for (name, kind) in FILES {
        for (version, kept) in [
            (own.as_str(), "public, max-age=31536000, immutable"),
            ("0123456789abcdef", "no-cache"),
            ("live", "no-cache"),
        ] {
            let answer = served.get(&format!("/site/{version}/{name}?x=1"));
            assert_eq!(answer.status(), 200, "{name}");
            assert_eq!(answer.header("content-type"), [kind]);
            assert_eq!(answer.header("cache-control"), [kept], "{version}");
            assert_eq!(answer.header("x-content-type-options"), ["nosniff"]);
            let is_page = kind.starts_with("image/svg");
            for name in FOR_PAGES {
                assert_eq!(answer.header(name).len(), usize::from(is_page), "{name}");
            }
            assert!(answer.body().starts_with(&format!("Grüße von {name}\n")));

            let etag = answer.header("etag").remove(0);
            let path = format!("/site/{version}/{name}");
            let again = served
                .gateway
                .request("GET", &path, &format!("If-None-Match: {etag}\r\n"));
            assert_eq!((again.status(), again.body()), (304, ""));
            assert_eq!(again.header("cache-control"), [kept], "{version}");
        }
    }
    // Whoever resolves the dots sees another version than whoever does not.
    let disguised = served.get(&format!("/site/{own}/../0123/app/main.js"));
    assert_eq!(disguised.header("cache-control"), ["no-cache"]);
    let icon = served.get("/favicon.ico");
    assert_eq!(
        icon.header("content-type"),
        ["image/svg+xml; charset=utf-8"]
    );
    assert_eq!(icon.header("cache-control"), ["no-cache"]);
}

#[test]
fn nothing_else_of_the_directory_is_served() {
    for site in [Site::Copied, Site::Live] {
        let served = Served::start(site);
        let version = served.version();
        let prefixes = ["", "/site", &format!("/site/{version}")];
        for name in PRIVATE.into_iter().chain([
            "",
            "app",
            "app/",
            "app/main.js/",
            "app/main.js%00",
            "app/nothing.js",
            "index.html",
            "%2e%2e/outside.js",
            "..%2foutside.js",
            "app/../../outside.js",
            "app/%2e%2e/%2e%2e/outside.js",
            "app/..%5c..%5coutside.js",
            "app/%2e%67it/main.js",
            "../web/package.json",
        ]) {
            for prefix in prefixes {
                if (prefix, name) == ("", "") {
                    continue;
                }
                let path = format!("{prefix}/{name}");
                let answer = served.get(&path);
                assert!([400, 404].contains(&answer.status()), "{path}: {answer:?}");
                assert!(!answer.body().contains("private"), "{path}");
            }
        }
    }
}

#[test]
fn the_version_follows_from_names_and_contents() {
    let served = Served::start(Site::Copied);
    let first = served.version();
    let next = |change: &dyn Fn(&Path)| {
        change(&served.web);
        let service = Upstream::start(OK);
        let gateway = Gateway::start_with(&[service.port], &[service.port], |settings| {
            settings.site = Site::Copied(served.web.clone());
        });
        version(&gateway)
    };
    assert_eq!(next(&|_| ()), first);
    let unchanged = next(&|web| write(web, "README.md", "more"));
    assert_eq!(unchanged, first);
    let changed = next(&|web| write(web, "app/main.js", "changed"));
    assert_ne!(changed, first);
    let renamed = next(&|web| {
        fs::rename(web.join("app/main.js"), web.join("app/first.js")).unwrap();
    });
    assert!(![&first, &changed].contains(&&renamed));
    // What runs is what was there when it began.
    assert_eq!(served.version(), first);
    let kept = served.get(&format!("/site/{first}/app/main.js"));
    assert!(kept.body().starts_with("Grüße"), "{kept:?}");
}

#[test]
fn a_live_site_shows_every_edit_and_is_not_kept() {
    let served = Served::start(Site::Live);
    assert_eq!(served.version(), "live");
    for (name, _) in FILES {
        write(&served.web, name, "edited");
        let answer = served.get(&format!("/site/live/{name}"));
        assert_eq!(answer.body(), "edited", "{name}");
        assert_eq!(answer.header("cache-control"), ["no-cache"], "{name}");
    }
    write(&served.web, "index.html", "edited too");
    assert!(served.get("/account").body().contains("edited too"));
}

/// The length of a compressed answer tells what is in it, to who can have a guess repeated there (BREACH).
#[test]
fn the_site_is_compressed_and_no_answer_of_a_service_is() {
    let text = "x".repeat(4096);
    let answer = |kind: &str| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 4096");
        Behaviour::Answers(format!("{head}\r\n\r\n{text}").leak())
    };
    let (auth, notes) = (
        Upstream::start(answer("text/html")),
        Upstream::start(answer("application/json")),
    );
    let gateway = Gateway::start_with(&[auth.port], &[notes.port], |_| ());
    let accept = "Accept-Encoding: gzip, br\r\nVia: 1.1 proxy\r\n";
    for path in ["/auth/me", "/notes", "/api-docs/", "/.well-known/jwks.json"] {
        let plain = gateway.request("GET", path, accept);
        assert!(plain.header("content-encoding").is_empty(), "{path}");
        assert_eq!(plain.body(), text, "{path}");
    }
    let served = Served::start(Site::Copied);
    let version = served.version();
    let mut paths = FILES
        .map(|(name, _)| format!("/site/{version}/{name}"))
        .to_vec();
    paths.extend(["/".to_owned(), "/favicon.ico".to_owned()]);
    for path in paths {
        let (short, long) = (
            served.gateway.request("GET", &path, accept),
            served.get(&path),
        );
        assert_eq!(short.header("content-encoding"), ["gzip"], "{path}");
        assert!(long.header("content-encoding").is_empty(), "{path}");
        for answer in [short, long] {
            assert_eq!(answer.header("vary"), ["Accept-Encoding"], "{path}");
        }
    }
    let missing = served.gateway.request("GET", "/nothing", accept);
    assert!(missing.header("content-encoding").is_empty());
}

#[test]
fn the_site_is_only_read() {
    let served = Served::start(Site::Copied);
    let file = format!("/site/{}/app/main.js", served.version());
    let pages = PAGES.iter().copied();
    for path in pages.chain(["/favicon.ico", file.as_str()]) {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let answer = served.gateway.request(method, path, "");
            answer.assert_problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), ["GET, HEAD"], "{method} {path}");
            assert_ne!(answer.header("content-security-policy"), [POLICY]);
        }
        let head = served.gateway.request("HEAD", path, "");
        assert_eq!((head.status(), head.body()), (200, ""), "{path}");
    }
    let whole = served.gateway.request("GET", &file, "Range: bytes=5-4\r\n");
    assert_eq!(whole.status(), 200);
    served
        .gateway
        .request("GET", &file, "If-Match: \"other\"\r\n")
        .assert_problem(412, "precondition_failed");
}

/// Three places name the files of the site: nginx's locations, what the local run copies, and what the image
/// is built from.
#[test]
fn no_file_of_the_checkout_is_forgotten() {
    const CONTEXT: &str = include_str!("../../../docker/Dockerfile.dockerignore");
    let web = checkout_directory();
    let tops = [
        "index.html",
        "latchkey.js",
        "icon.svg",
        "app",
        "latchkey",
        "styles",
    ];
    for top in tops {
        assert!(
            CONTEXT.lines().any(|line| line == format!("!web/{top}")),
            "{top}"
        );
    }
    let mut names = Vec::new();
    for top in tops {
        find(&web, top, &mut names);
    }
    let (gateway, _, _) = Gateway::with_one_each();
    for name in names.iter().filter(|name| *name != "index.html") {
        let answer = gateway.request("HEAD", &format!("/site/0/{name}"), "");
        assert_eq!(answer.status(), 200, "{name}");
    }
    // What the document names is there, too.
    let page = gateway.request("GET", "/", "");
    for address in page
        .body()
        .split('"')
        .filter(|text| text.starts_with("/site/"))
    {
        let answer = gateway.request("HEAD", address, "");
        assert_eq!(answer.status(), 200, "{address}");
    }
}

fn find(web: &Path, name: &str, found: &mut Vec<String>) {
    let path = web.join(name);
    if !path.is_dir() {
        found.push(name.to_owned());
        return;
    }
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap().file_name().into_string().unwrap();
        // Of an editor, for as long as it is open.
        if !entry.starts_with('.') {
            find(web, &format!("{name}/{entry}"), found);
        }
    }
}
