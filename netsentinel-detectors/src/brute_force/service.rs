//! The services that people log in to.

/// A service that people log in to, by the protocol it was seen to speak or, failing that, by its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Ftp,
    Ssh,
    Telnet,
    Smtp,
    Pop3,
    Imap,
    Http,
    Kerberos,
    Ldap,
    Smb,
    Socks,
    SqlServer,
    MySql,
    Rdp,
    PostgreSql,
    Vnc,
    Sip,
    Redis,
    Configured,
}

impl Service {
    /// What is usual at `port`.
    pub(super) fn at(port: u16) -> Self {
        match port {
            21 => Self::Ftp,
            22 => Self::Ssh,
            23 => Self::Telnet,
            25 | 587 => Self::Smtp,
            80 | 8080 => Self::Http,
            88 => Self::Kerberos,
            110 => Self::Pop3,
            143 => Self::Imap,
            389 => Self::Ldap,
            445 => Self::Smb,
            1080 => Self::Socks,
            1433 => Self::SqlServer,
            3306 => Self::MySql,
            3389 => Self::Rdp,
            5060 => Self::Sip,
            5432 => Self::PostgreSql,
            5900 => Self::Vnc,
            6379 => Self::Redis,
            _ => Self::Configured,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ftp => "FTP",
            Self::Ssh => "SSH",
            Self::Telnet => "Telnet",
            Self::Smtp => "SMTP",
            Self::Pop3 => "POP3",
            Self::Imap => "IMAP",
            Self::Http => "HTTP",
            Self::Kerberos => "Kerberos",
            Self::Ldap => "LDAP",
            Self::Smb => "SMB",
            Self::Socks => "SOCKS",
            Self::SqlServer => "SQL Server",
            Self::MySql => "MySQL",
            Self::Rdp => "RDP",
            Self::PostgreSql => "PostgreSQL",
            Self::Vnc => "VNC",
            Self::Sip => "SIP",
            Self::Redis => "Redis",
            Self::Configured => "configured",
        }
    }
}
