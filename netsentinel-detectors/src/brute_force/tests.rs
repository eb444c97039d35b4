//! Log-ins of all kinds, guessed at and innocent.

use std::net::Ipv4Addr;

use crate::login_trial::{CLIENT, OUTSIDER, SERVER, Says, Trial};
use Says::{Client, Server};

const NEW_KEYS: [u8; 16] = [0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn ftp(trial: &mut Trial, client: Ipv4Addr, user: &str, password: &str, right: bool) {
    let (user, password) = (format!("USER {user}\r\n"), format!("PASS {password}\r\n"));
    let answer: &[u8] =
        if right { b"230 Login successful.\r\n" } else { b"530 Login incorrect.\r\n" };
    let said = [
        Server(b"220 ready\r\n"),
        Client(user.as_bytes()),
        Server(b"331 Password required\r\n"),
        Client(password.as_bytes()),
        Server(answer),
    ];
    trial.session(client, (SERVER, 2121), &said);
}

/// SSH up to the answer to a password; lengths are those of chacha20-poly1305.
fn ssh(trial: &mut Trial, client: Ipv4Addr, server: (Ipv4Addr, u16), right: bool) {
    let verdict = if right { &[7; 28][..] } else { &[7; 52] };
    let said = [
        Server(b"SSH-2.0-OpenSSH_9.6\r\n"),
        Client(b"SSH-2.0-libssh_0.10\r\n"),
        Server(&[1; 1_100]),
        Client(&[1; 976]),
        Client(&NEW_KEYS),
        Client(&[7; 44]),
        Server(&[7; 44]),
        Client(&[7; 84]),
        Server(verdict),
    ];
    trial.session(client, server, &said);
}

#[test]
fn failures_are_one_alert_on_any_port() {
    let mut trial = Trial::new("{}");
    for guess in 0..40 {
        ftp(&mut trial, OUTSIDER, "root", &format!("word{guess}"), false);
        trial.pause(1_500);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/failures"]);
}

#[test]
fn a_stored_password_that_is_wrong_is_no_guess() {
    let mut trial = Trial::new("{}");
    for _ in 0..40 {
        ftp(&mut trial, CLIENT, "joe", "yesterday", false);
        trial.pause(1_500);
    }
    assert_eq!(trial.raised("brute_force"), [""; 0]);
    assert!(trial.spared("brute_force/failures", "brute_force/retries") > 0);
    let mut trial = Trial::new(r#"{"disabled_guards": ["brute_force/retries"]}"#);
    for _ in 0..40 {
        ftp(&mut trial, CLIENT, "joe", "yesterday", false);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/failures"]);
}

#[test]
fn clients_that_mostly_succeed_are_spared() {
    let mut trial = Trial::new("{}");
    for guess in 0..60 {
        ftp(&mut trial, CLIENT, "joe", &format!("word{guess}"), guess % 3 != 0);
        trial.pause(500);
    }
    assert_eq!(trial.raised("brute_force"), [""; 0]);
}

#[test]
fn a_guess_that_was_right_is_critical_and_a_slip_is_not() {
    let mut trial = Trial::new("{}");
    for guess in 0..12 {
        ftp(&mut trial, OUTSIDER, "root", &format!("word{guess}"), false);
        trial.pause(10_000);
    }
    ftp(&mut trial, OUTSIDER, "root", "secret", true);
    assert_eq!(trial.raised("brute_force"), ["brute_force/success"]);
    let mut trial = Trial::new("{}");
    for guess in 0..3 {
        ftp(&mut trial, CLIENT, "joe", &format!("slip{guess}"), false);
    }
    ftp(&mut trial, CLIENT, "joe", "secret", true);
    assert_eq!(trial.raised("brute_force"), [""; 0]);
}

#[test]
fn ssh_guesses_are_told_from_work_by_the_answer_alone() {
    let mut trial = Trial::new("{}");
    for _ in 0..8 {
        ssh(&mut trial, OUTSIDER, (SERVER, 2222), false);
        trial.pause(4_000);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/sessions"]);
    ssh(&mut trial, OUTSIDER, (SERVER, 2222), true);
    assert_eq!(trial.raised("brute_force"), ["brute_force/sessions", "brute_force/success"]);
    let mut scripts = Trial::new("{}");
    for _ in 0..200 {
        ssh(&mut scripts, CLIENT, (SERVER, 22), true);
        scripts.pause(400);
    }
    assert_eq!(scripts.raised("brute_force"), [""; 0]);
    assert!(scripts.spared("brute_force/target", "brute_force/works") > 0);
}

#[test]
fn one_guess_at_each_of_many_hosts_is_spraying() {
    let mut trial = Trial::new("{}");
    for host in 1..=6 {
        ssh(&mut trial, OUTSIDER, (Ipv4Addr::new(10, 0, 1, host), 22), false);
        trial.pause(20_000);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/spray"]);
}

#[test]
fn one_password_for_many_users_is_spraying() {
    let mut trial = Trial::new("{}");
    for user in 0..9 {
        ftp(&mut trial, OUTSIDER, &format!("user{user}"), "summer", false);
        trial.pause(30_000);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/spray"]);
}

#[test]
fn many_sources_with_a_few_guesses_each_are_told_by_the_victim() {
    let mut trial = Trial::new("{}");
    for source in 0..25 {
        ftp(&mut trial, Ipv4Addr::new(198, 51, 100, source), "root", "one", false);
        trial.pause(60_000);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/distributed"]);
}

#[test]
fn slow_guessing_is_found_within_the_hour() {
    let mut trial = Trial::new("{}");
    for guess in 0..35 {
        ftp(&mut trial, OUTSIDER, "root", &format!("word{guess}"), false);
        trial.pause(90_000);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/slow"]);
}

#[test]
fn a_handshake_of_http_is_no_failure() {
    let request =
        |extra: &str| format!("GET /page HTTP/1.1\r\nHost: a\r\n{extra}\r\n").into_bytes();
    let (denied, fine) = (b"HTTP/1.1 401 Unauthorized\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n");
    let mut trial = Trial::new("{}");
    for number in 0..60 {
        let hello = request("Authorization: NTLM TlRMTVNTUAABAAAAB4IIog==\r\n");
        let proof = request(&format!("Authorization: NTLM TlRMTVNTUAADAAAAGAA{number}\r\n"));
        let (bare, hello, proof) = (&request("")[..], &hello[..], &proof[..]);
        let said = [
            Client(bare),
            Server(denied),
            Client(hello),
            Server(denied),
            Client(proof),
            Server(fine),
        ];
        trial.session(CLIENT, (SERVER, 8080), &said);
        trial.pause(100);
    }
    assert_eq!(trial.raised("brute_force"), [""; 0]);
    for number in 0..60 {
        let guess = request(&format!("Authorization: Basic YWRtaW46{number}\r\n"));
        trial.session(OUTSIDER, (SERVER, 8080), &[Client(&guess), Server(denied)]);
        trial.pause(100);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/failures"]);
}

#[test]
fn forms_are_guessed_at_with_many_passwords_not_with_one() {
    let post = |password: usize| {
        format!("POST /login HTTP/1.1\r\nHost: a\r\n\r\nuser=admin&password=p{password}")
            .into_bytes()
    };
    let mut trial = Trial::new("{}");
    for number in 0..40 {
        trial.session(
            CLIENT,
            (SERVER, 80),
            &[Client(&post(7)), Server(b"HTTP/1.1 200 OK\r\n\r\n")],
        );
        trial.session(
            OUTSIDER,
            (SERVER, 80),
            &[Client(&post(number)), Server(b"HTTP/1.1 200 OK\r\n\r\n")],
        );
        trial.pause(500);
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/forms"]);
}

#[test]
fn users_without_a_ticket_are_spraying_and_preauthentication_is_not() {
    let request = |user: u8| {
        let mut message = vec![0x6a, 0x60, 0xa4, 0x50, 0xa0, 7, 3, 5, 0, 0x50, 0x80, 0, 0, 0xa1, 2];
        message.extend([0x1b, user]);
        message
    };
    let error = |code: u8| vec![0x7e, 0x40, 0xa6, 3, 2, 1, code];
    for (code, expected) in [(6, &["brute_force/spray"][..]), (25, &[])] {
        let mut trial = Trial::new("{}");
        for user in 0..9 {
            let port = trial.fresh_port();
            trial.datagram((CLIENT, port), (SERVER, 88), &request(user));
            trial.datagram((SERVER, 88), (CLIENT, port), &error(code));
            trial.pause(5);
        }
        assert_eq!(trial.raised("brute_force"), expected);
    }
}

#[test]
fn busy_clients_health_checks_and_scans_are_no_guesses() {
    let mut trial = Trial::new("{}");
    let page = [1; 9_000];
    for _ in 0..100 {
        trial.session(CLIENT, (SERVER, 3306), &[Server(&page), Client(b"select 1"), Server(&page)]);
        trial.session(Ipv4Addr::new(10, 0, 0, 67), (SERVER, 22), &[Server(b"SSH-2.0-x\r\n")]);
        trial.pause(100);
    }
    assert_eq!(trial.raised("brute_force"), [""; 0]);
    assert!(trial.spared("brute_force/target", "brute_force/works") > 0);
    assert!(trial.spared("brute_force/target", "brute_force/no_session") > 0);
}

#[test]
fn a_picture_of_vnc_is_no_failure() {
    let mut trial = Trial::new("{}");
    let picture = [&[0, 0, 0, 1][..], &[7; 60]].concat();
    let open = [Server(b"RFB 003.008\n"), Client(b"RFB 003.008\n"), Server(&[1, 2]), Client(&[2])];
    let (challenge, init) = ([9; 16], [3; 40]);
    for _ in 0..12 {
        let shown = [Server(&challenge), Client(&[4; 16]), Server(&[0; 4]), Server(&init)];
        let said = [&open[..], &shown, &[Server(&picture)]].concat();
        trial.session(CLIENT, (SERVER, 5900), &said);
    }
    assert_eq!(trial.raised("brute_force"), [""; 0]);
    for _ in 0..12 {
        let refused = [Server(&challenge), Client(&[4; 16]), Server(&[0, 0, 0, 1, 0, 0, 0, 0])];
        trial.session(OUTSIDER, (SERVER, 5900), &[&open[..], &refused].concat());
    }
    assert_eq!(trial.raised("brute_force"), ["brute_force/failures"]);
}

#[test]
fn tables_keep_to_their_room() {
    let trial = Trial::new("{}");
    for detector in ["brute_force", "suspicious_port"] {
        let bytes = trial.bytes(detector);
        assert!(bytes <= 12 << 20, "{detector} takes {bytes}");
        println!("{detector} takes {bytes}");
    }
}
