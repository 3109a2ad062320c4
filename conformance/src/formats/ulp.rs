//! URL, login, password: what comes out of stealers, a line each.

use sluice_record::FieldKind;

use super::{FormatWriter, Truth, push_junk_lines, push_line_end};
use crate::{
    people::{People, Person, Random},
    traits::Traits,
};

pub(super) const DIALECTS: &[&str] = &["url-login-pass", "login-pass-url", "pipe", "space", "mixed"];

#[derive(Clone, Copy)]
enum Order {
    UrlLoginPass,
    LoginPassUrl,
    Pipe,
    Space,
}

pub(super) struct Ulp {
    /// `None`: it changes in mid-file.
    order: Option<Order>,
    current: Order,
    traits: Traits,
    url: String,
}

impl Ulp {
    pub(super) fn new(dialect: &str, traits: Traits) -> Option<Self> {
        let order = match dialect {
            "url-login-pass" => Some(Order::UrlLoginPass),
            "login-pass-url" => Some(Order::LoginPassUrl),
            "pipe" => Some(Order::Pipe),
            "space" => Some(Order::Space),
            "mixed" => None,
            _ => return None,
        };
        Some(Self { order, current: Order::UrlLoginPass, traits, url: String::new() })
    }

    /// A canonical URL; at the line's end it must show where it begins.
    fn draw_url(&mut self, random: &mut Random, with_scheme: bool) {
        const HOSTS: [&str; 6] =
            ["example.com", "shop.example.com", "login.example.net", "forum.example.org", "m.example.com", "api.example.net"];
        const PATHS: [&str; 6] = ["/", "/login", "/account/signin", "/wp-login.php", "/users/sign_in?next=home", "/auth/realms/main"];
        self.url.clear();
        let (host, path) = (*random.pick(&HOSTS), *random.pick(&PATHS));
        match random.below(if with_scheme { 17 } else { 20 }) {
            0 => {
                self.url.push_str("android://");
                random.push_chars(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 86, &mut self.url);
                self.url.push_str("==@com.example.app/");
            }
            1 => self.push(&["http://[2001:db8::", "1]:8080", path]),
            2 => self.push(&["https://", host, ":8443", path]),
            3 => self.push(&["http://", host, ":81", path]),
            4 => self.push(&["https://", host, "/?redirect=https://", "example.org/", "home"]),
            5 => self.push(&["http://192.0.2.17", path]),
            6..=16 => self.push(&["https://", host, path]),
            _ => self.push(&[host, if path == "/" { "" } else { path }]),
        }
    }

    fn push(&mut self, parts: &[&str]) {
        self.url.extend(parts.iter().copied());
    }
}

impl FormatWriter for Ulp {
    fn draw(&mut self, people: &mut People, random: &mut Random, person: &mut Person) {
        people.next_login(random, person);
    }

    fn row(&mut self, random: &mut Random, person: &Person, out: &mut String, truth: &mut Truth<'_>) {
        push_junk_lines(random, self.traits, out);
        if random.one_in(5_000) {
            self.current = *random.pick(&[Order::UrlLoginPass, Order::LoginPassUrl, Order::Pipe, Order::Space]);
        }
        let order = self.order.unwrap_or(self.current);
        self.draw_url(random, matches!(order, Order::LoginPassUrl));
        if self.traits.contains(Traits::BANNERS) && random.one_in(1_000) {
            // A URL alone: nobody's data.
            out.push_str(&self.url);
            push_line_end(random, self.traits, out);
        }
        let (kind, login) = if random.one_in(4) { (FieldKind::Username, &person.username) } else { (FieldKind::Email, &person.email) };
        let parts = match order {
            Order::UrlLoginPass => [&self.url, ":", login, ":", &person.password],
            Order::LoginPassUrl => [login, ":", &person.password, ":", &self.url],
            Order::Pipe => [&self.url, "|", login, "|", &person.password],
            Order::Space => [&self.url, " ", login, ":", &person.password],
        };
        out.extend(parts);
        truth.field(FieldKind::Url, &self.url);
        truth.field(kind, login);
        truth.field(FieldKind::Password, &person.password);
        push_line_end(random, self.traits, out);
    }
}
