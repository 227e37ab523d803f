using System.Globalization;
using System.Net;
using Writ.Protocol;
using Writ.Tlog;

namespace Writ.Server.Edge;

/// <summary>
/// The configuration as the user wrote it: a JSON or YAML file, <c>WRIT_*</c> variables, arguments; in that order of
/// precedence, lowest first. <see cref="Check"/> makes the model that the rest of the broker sees.
/// docs/configuration.md names every option.
/// </summary>
public sealed class ServerOptions
{
    public string TrustDomain { get; set; } = "example.org";
    public string? Issuer { get; set; }
    public string Listen { get; set; } = "127.0.0.1:8420";
    public string? TlsListen { get; set; }
    public string? TlsIssuer { get; set; }
    public string? TlsCert { get; set; }
    public string? TlsKey { get; set; }
    public string? ManagementListen { get; set; }
    public int MaxConnections { get; set; } = 10_000;
    public int MaxRefusals { get; set; } = 100;
    public int QuestionMs { get; set; } = 500;
    public int QuestionKib { get; set; } = 16 * 1024;
    public int MaxFeedReaders { get; set; } = 1000;
    public int MaxFeedReadersEach { get; set; } = 100;
    public string LogFormat { get; set; } = "json";
    public string DataDir { get; set; } = ".writ";
    public string Store { get; set; } = "sqlite";
    public string? Postgres { get; set; }
    public string? PostgresFile { get; set; }
    public string? BootstrapSocket { get; set; }
    public int IdentityDays { get; set; } = 365;
    public int MaxIdentityDays { get; set; } = 730;
    public int FreshnessMs { get; set; } = 500;
    public int HeartbeatMs { get; set; } = 250;
    public int SkewSeconds { get; set; } = 5;
    public string DpopNonce { get; set; } = "required";
    public int AgentTokenSeconds { get; set; } = 900;
    public int TaskSeconds { get; set; } = 8 * 3600;
    public int MaxOpenTasks { get; set; } = 1000;
    public int MaxLiveTokens { get; set; } = 10_000;
    public int MaxTokenQuestions { get; set; } = 256;
    public int ApprovalWaitSeconds { get; set; } = 3600;
    public List<UserIssuerOptions> UserIssuers { get; set; } = [];
    public List<CertificateAuthorityOptions> CertificateAuthorities { get; set; } = [];
    public List<ZoneOptions> Zones { get; set; } = [];
    public DecisionOptions Decisions { get; set; } = new();
    public PolicyOptions Policy { get; set; } = new();
    public TelemetryOptions Telemetry { get; set; } = new();
    public LogOptions Log { get; set; } = new();
    public List<SinkOptions> Sinks { get; set; } = [];
    public RetentionOptions Retention { get; set; } = new();

    public sealed class UserIssuerOptions
    {
        public string Name { get; set; } = "";
        public string Issuer { get; set; } = "";
        public string? JwksUri { get; set; }
        public string Audience { get; set; } = "";
        public string SubjectClaim { get; set; } = "sub";
        public List<string> AllowedAgents { get; set; } = [];
    }

    public sealed class CertificateAuthorityOptions
    {
        public string Name { get; set; } = "";
        public string File { get; set; } = "";
    }

    public sealed class DecisionOptions
    {
        public string Engine { get; set; } = "embedded";
        public string? Url { get; set; }
        public int TimeoutMs { get; set; } = 250;
        public DecisionLogOptions Log { get; set; } = new();
    }

    public sealed class DecisionLogOptions
    {
        public string? Url { get; set; }
        public string? Partition { get; set; }
        public string? TokenFile { get; set; }
        public int TimeoutMs { get; set; } = 10_000;
    }

    public sealed class LogOptions
    {
        public string Entries { get; set; } = "readers";
        public string? AtLeast { get; set; }
        public List<WitnessOptions> Witnesses { get; set; } = [];
    }

    public sealed class WitnessOptions
    {
        public string Url { get; set; } = "";
        public string Key { get; set; } = "";
    }

    public sealed class PolicyOptions
    {
        public string? Source { get; set; }
        public string? Path { get; set; }
        public string Ref { get; set; } = "HEAD";
        public string? Url { get; set; }
        public string? KeyFile { get; set; }
        public string KeyId { get; set; } = "default";
        public string Algorithm { get; set; } = "RS256";
        public string Scope { get; set; } = "";
        public bool Numbered { get; set; }
        public int PollSeconds { get; set; } = 5;
    }

    public sealed class TelemetryOptions
    {
        public OtlpOptions Otlp { get; set; } = new();
    }

    public sealed class OtlpOptions
    {
        public string? Endpoint { get; set; }
        public string? Protocol { get; set; }
        public string? HeadersFile { get; set; }
        public double Sample { get; set; } = 1;
        public bool FollowCallers { get; set; }
    }

    public sealed class SinkOptions
    {
        public string Name { get; set; } = "";
        public string To { get; set; } = "";
        public string Form { get; set; } = "ocsf";
        public string From { get; set; } = "start";
        public List<string> Kinds { get; set; } = [];
        public int LagSeconds { get; set; } = 300;
        public int TimeoutMs { get; set; } = 10_000;
        public string? TokenFile { get; set; }
        public string? CaFile { get; set; }
        public string? CertFile { get; set; }
        public string? KeyFile { get; set; }
        public string Framing { get; set; } = "counted";
        public string Confirm { get; set; } = "close";
        public int Resend { get; set; } = 500;
        public int MaxBytes { get; set; } = 8192;
        public int Enterprise { get; set; } = 32473;
        public int RotateMb { get; set; } = 100;
        public int RotateHours { get; set; } = 24;
        public int Keep { get; set; }
    }

    public sealed class RetentionOptions
    {
        public string Details { get; set; } = "forever";
        public int RequestDays { get; set; } = 30;
        public List<RetentionKindOptions> Kinds { get; set; } = [];
    }

    public sealed class RetentionKindOptions
    {
        public string Kind { get; set; } = "";
        public string Details { get; set; } = "";
    }

    public sealed class ZoneOptions
    {
        public string Name { get; set; } = "";
        public List<string> Cidrs { get; set; } = [];
    }

    /// <summary>Reads the configuration. snake_case keys of files and variables match the properties here.</summary>
    public static ServerOptions Read(string[] args)
    {
        var arguments = Plain(new ConfigurationBuilder().AddCommandLine(args).Build());
        arguments.Remove("config", out var path);
        var file = path is null ? [] : Plain(ConfigurationFile.Read(path));
        // A misspelt option would else be the default, silently. Variables are not ours alone: WRIT_ADDR is the CLI's.
        From(file).Bind(new ServerOptions(), o => o.ErrorOnUnknownConfiguration = true);
        From(arguments).Bind(new ServerOptions(), o => o.ErrorOnUnknownConfiguration = true);
        var variables = Plain(new ConfigurationBuilder().AddEnvironmentVariables("WRIT_").Build());
        var options = new ServerOptions();
        From(file, variables, arguments).Bind(options);
        return options;
    }

    /// <summary>The checked model. Throws <see cref="FormatException"/> with what to mend.</summary>
    public Settings Check(string issuer, string? mtlsIssuer) => new()
    {
        TrustDomain = Protocol.TrustDomain.TryParse(TrustDomain, out var domain)
            ? domain
            : throw new FormatException($"trust_domain “{TrustDomain}” is not a SPIFFE trust domain name."),
        Issuer = CheckIssuer(issuer),
        MtlsIssuer = mtlsIssuer is null ? null : CheckTlsIssuer(mtlsIssuer),
        DataDirectory = Path.GetFullPath(DataDir),
        BootstrapPath = BootstrapSocket is { } socket ? Path.GetFullPath(socket) : null,
        IdentityLife = TimeSpan.FromDays(Within(IdentityDays, 1, MaxIdentityDays, "identity_days")),
        MaxIdentityLife = TimeSpan.FromDays(Within(MaxIdentityDays, 1, 3650, "max_identity_days")),
        Skew = TimeSpan.FromSeconds(Within(SkewSeconds, 0, 300, "skew_seconds")),
        Freshness = TimeSpan.FromMilliseconds(Within(FreshnessMs, 200, 60_000, "freshness_ms")),
        Heartbeat = TimeSpan.FromMilliseconds(Within(HeartbeatMs, 50, 60_000, "heartbeat_ms")),
        AgentTokenLife = TimeSpan.FromSeconds(Within(AgentTokenSeconds, 1, 900, "agent_token_seconds")),
        TaskLife = TimeSpan.FromSeconds(Within(TaskSeconds, 1, 7 * 86400, "task_seconds")),
        MaxOpenTasks = Within(MaxOpenTasks, 1, 1_000_000, "max_open_tasks"),
        MaxLiveTokens = Within(MaxLiveTokens, 1, 1_000_000, "max_live_tokens"),
        MaxQuestions = Within(MaxTokenQuestions, 1, 1024, "max_token_questions"),
        ApprovalWait = TimeSpan.FromSeconds(Within(ApprovalWaitSeconds, 10, 7 * 86400, "approval_wait_seconds")),
        NonceRequired = DpopNonce switch
        {
            "required" => true,
            "offered" => false,
            _ => throw new FormatException("dpop_nonce is “required” or “offered”."),
        },
        MaxRefusals = Within(MaxRefusals, 1, 1_000_000, "max_refusals"),
        QuestionTime = TimeSpan.FromMilliseconds(Within(QuestionMs, 1, 1_000_000, "question_ms")),
        QuestionBytes = 1024L * Within(QuestionKib, 1, 1 << 30, "question_kib"),
        MaxFeedReaders = Within(MaxFeedReaders, 1, 1_000_000, "max_feed_readers"),
        MaxFeedReadersEach = Within(MaxFeedReadersEach, 1, 1_000_000, "max_feed_readers_each"),
        MaxConnections = Within(MaxConnections, 16, 1_000_000, "max_connections"),
        JsonLogs = LogFormat switch
        {
            "json" => true,
            "text" => false,
            _ => throw new FormatException("log_format is “json” or “text”."),
        },
        UserIssuers = [.. Named(UserIssuers, u => u.Name).Select(u => CheckUserIssuer(u, issuer, mtlsIssuer))],
        CertificateAuthorities = [.. Named(CertificateAuthorities, c => c.Name).Select(CheckAuthority)],
        Opa = CheckEngine(Decisions),
        OpaPatience = TimeSpan.FromMilliseconds(Within(Decisions.TimeoutMs, 1, 10_000, "decisions.timeout_ms")),
        DecisionLog = CheckLog(Decisions.Log),
        Zones = [.. Named(Zones, z => z.Name).Select(CheckZone)],
        PolicySource = CheckSource(Policy),
        Otlp = OtlpTarget.Check(Telemetry.Otlp, Environment.GetEnvironmentVariable),
        LogEntriesArePublic = Log.Entries switch
        {
            "readers" => false,
            "public" => true,
            _ => throw new FormatException("log.entries is “readers” or “public”."),
        },
        Witnesses = [.. Named(Log.Witnesses, w => w.Key).Select(CheckWitness)],
        LogFloor = Log.AtLeast is { Length: > 0 } floor ? CheckFloor(floor) : null,
        Sinks = SinkTarget.Check(Sinks),
        ErasureWait = TimeSpan.FromDays(Within(Retention.RequestDays, 0, 3650, "retention.request_days")),
        Retention =
        [
            new RetentionRule("", CheckSpan(Retention.Details, "retention.details")),
            .. Named(Retention.Kinds, k => k.Kind).Select(CheckRetention),
        ],
    };

    /// <summary>
    /// Where PostgreSQL is; the connection string may lie in a file, so that it is on no command line.
    /// </summary>
    public string PostgresConnection() =>
        Postgres ?? (PostgresFile is { } file
            ? File.ReadAllText(file).Trim()
            : throw new FormatException("store is postgres: set postgres or postgres_file."));

    private static string CheckIssuer(string issuer)
    {
        // Plain http is for loopback alone.
        var fits = Uri.TryCreate(issuer, UriKind.Absolute, out var uri)
            && string.Equals(uri.GetLeftPart(UriPartial.Authority), issuer, StringComparison.Ordinal)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
        return fits
            ? issuer
            : throw new FormatException($"issuer “{issuer}” must be an https origin, or http on loopback.");
    }

    private static string CheckTlsIssuer(string issuer) =>
        CheckIssuer(issuer).StartsWith("https:", StringComparison.Ordinal)
            ? issuer
            : throw new FormatException($"tls_issuer “{issuer}” must be an https origin.");

    private static int Within(int value, int least, int most, string name) =>
        value >= least && value <= most
            ? value
            : throw new FormatException($"{name} must lie within {least} and {most}.");

    /// <summary>Two of one name would be taken for one: a user of the one for a user of the other.</summary>
    private static List<T> Named<T>(List<T> given, Func<T, string> name) =>
        given.GroupBy(name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new FormatException($"The name “{twice.Key}” is given twice; names here must differ.")
            : given;

    private static CertificateAuthority CheckAuthority(CertificateAuthorityOptions given) =>
        given.Name.Length > 0 && !given.Name.Contains('|', StringComparison.Ordinal)
            ? new CertificateAuthority(given.Name, Path.GetFullPath(given.File))
            : throw new FormatException("A certificate authority needs a name, without “|”.");

    private static Uri? CheckEngine(DecisionOptions given) => (given.Engine, given.Url) switch
    {
        ("embedded", null) => null,
        ("opa", { } url) when Uri.TryCreate(url, UriKind.Absolute, out var uri) && IsSafe(uri) => uri,
        ("opa", _) => throw new FormatException("decisions.url must be OPA's: https, or http on loopback."),
        _ => throw new FormatException("decisions.engine is “embedded”, without url, or “opa”, with one."),
    };

    private static DecisionLogTarget? CheckLog(DecisionLogOptions given)
    {
        if (given.Url is null)
            return given.Partition is null && given.TokenFile is null
                ? null
                : throw new FormatException("decisions.log has no url.");
        // A credential in a URL ends in logs and process lists.
        if (!Uri.TryCreate(given.Url, UriKind.Absolute, out var url) || !IsSafe(url) || url.UserInfo.Length > 0
            || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw new FormatException(
                "decisions.log.url must be https, or http on loopback, without user, query and fragment.");
        if (given.Partition is { } part && !PlainText.IsName(part))
            throw new FormatException($"decisions.log.partition is {PlainText.NameRule}.");
        return new DecisionLogTarget(
            url, given.Partition, given.TokenFile is { } file ? Path.GetFullPath(file) : null,
            TimeSpan.FromMilliseconds(Within(given.TimeoutMs, 100, 120_000, "decisions.log.timeout_ms")));
    }

    private static WitnessTarget CheckWitness(WitnessOptions given)
    {
        if (!Uri.TryCreate(given.Url, UriKind.Absolute, out var url) || !IsSafe(url) || url.UserInfo.Length > 0
            || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw new FormatException(
                "log.witnesses: a url must be https, or http on loopback, without user, query and fragment.");
        try
        {
            using var key = VerifierKey.Parse(given.Key);
            if (key.Type == NoteKeyType.Cosignature) return new WitnessTarget(url, given.Key);
        }
        catch (FormatException)
        {
            // It is said below.
        }
        throw new FormatException("log.witnesses: a key must be a witness's, as writ witness keygen prints it.");
    }

    private static LogFloor CheckFloor(string text) =>
        text.Split(' ') is [var size, var root] && TreeHash.TryParse(root, out var hash)
        && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var leaves)
            ? new LogFloor(leaves, hash)
            : throw new FormatException("log.at_least is the size and the root of a checkpoint, a space between.");

    private static bool IsSafe(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback);

    private static PolicySourceSettings? CheckSource(PolicyOptions given)
    {
        var every = TimeSpan.FromSeconds(Within(given.PollSeconds, 1, 86_400, "policy.poll_seconds"));
        var path = given.Path is { Length: > 0 } named ? System.IO.Path.GetFullPath(named) : null;
        return given switch
        {
            { Source: null or "", Path: null, Url: null } => null,
            { Source: "folder", Url: null } when path is not null => new PolicySourceSettings("folder", path, every),
            { Source: "git", Url: null } when path is not null && IsReference(given.Ref) =>
                new PolicySourceSettings("git", path, every) { Reference = given.Ref },
            { Source: "bundle", KeyFile: { } key } when (path is null) != (given.Url is null) =>
                new PolicySourceSettings("bundle", path ?? CheckBundleUrl(given.Url!), every)
                {
                    KeyFile = System.IO.Path.GetFullPath(key),
                    KeyId = given.KeyId,
                    Algorithm = given.Algorithm,
                    Scope = given.Scope,
                    IsNumbered = given.Numbered,
                },
            _ => throw new FormatException(
                "policy.source is “folder” with path, “git” with path and ref, or “bundle” with path or url, and "
                + "key_file."),
        };
    }

    private static bool IsReference(string name) => name.Length is > 0 and <= 256 && name[0] != '-'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '-');

    private static string CheckBundleUrl(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && IsSafe(uri)
            ? url
            : throw new FormatException("policy.url is https, or http on loopback, without a password in it.");

    private static RetentionRule CheckRetention(RetentionKindOptions given) =>
        given.Kind.Length > 0 && given.Kind.All(c => char.IsAsciiLetterLower(c) || c is '.' or '_')
            ? new RetentionRule(given.Kind, CheckSpan(given.Details, $"retention of {given.Kind}"))
            : throw new FormatException("retention.kinds: kind is how the kind of a record begins, such as access.");

    /// <summary>Days; less would take what is alive its details, more than a century is forever.</summary>
    private static TimeSpan? CheckSpan(string text, string name) =>
        text is "forever" ? null
        : text is [.. var digits, 'd'] && int.TryParse(digits, CultureInfo.InvariantCulture, out var days)
            && days is >= 1 and <= 36_500 ? TimeSpan.FromDays(days)
        : throw new FormatException($"{name} is a number of days, such as 400d, or forever.");

    private static NetworkZone CheckZone(ZoneOptions given) =>
        given.Name.Length > 0 && given.Cidrs.Count > 0
            ? new NetworkZone(given.Name, [.. given.Cidrs.Select(CheckNetwork)])
            : throw new FormatException("A zone needs a name and cidrs.");

    private static IPNetwork CheckNetwork(string cidr) => IPNetwork.TryParse(cidr, out var network)
        ? network
        : throw new FormatException($"“{cidr}” is no address range such as 10.0.0.0/8.");

    private static UserIssuer CheckUserIssuer(UserIssuerOptions given, string issuer, string? mtlsIssuer)
    {
        if (!SpiffeId.TryParse($"spiffe://example.org/user/{given.Name}/x", out _)
            || given.Name.Contains('/', StringComparison.Ordinal))
            throw new FormatException($"The user issuer's name “{given.Name}” must fit a part of a SPIFFE id.");
        if (given.Issuer.Length == 0 || given.Audience.Length == 0)
            throw new FormatException($"The user issuer {given.Name} needs issuer and audience.");
        // Our own tokens are exchanged by rules of their own; here they would pass for a user's.
        if (given.Issuer == issuer || given.Issuer == mtlsIssuer)
            throw new FormatException($"The user issuer {given.Name} is this broker itself.");
        var checkedIssuer = new UserIssuer(
            given.Name, given.Issuer, given.JwksUri, given.Audience, given.SubjectClaim, given.AllowedAgents);
        return given.JwksUri is null || checkedIssuer.MayBeAskedAt(given.JwksUri, out _)
            ? checkedIssuer
            : throw new FormatException(
                $"The user issuer {given.Name} needs a jwks_uri of https; or of http, if both are on loopback.");
    }

    /// <summary>
    /// Drops underscores and hyphens from keys: <c>data_dir</c>, <c>WRIT_DATA_DIR</c>, <c>--data-dir</c>.
    /// </summary>
    private static Dictionary<string, string?> Plain(IConfigurationRoot configuration)
    {
        var plain = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in configuration.AsEnumerable())
            if (value is not null)
                plain[string.Concat(key.Split('_', '-'))] = value;
        return plain;
    }

    private static IConfigurationRoot From(params ReadOnlySpan<Dictionary<string, string?>> layers)
    {
        var builder = new ConfigurationBuilder();
        foreach (var layer in layers) builder.AddInMemoryCollection(layer);
        return builder.Build();
    }

    /// <summary>An address to listen on: <c>127.0.0.1:8420</c>, <c>[::1]:0</c>.</summary>
    public static IPEndPoint EndPoint(string text) =>
        IPEndPoint.TryParse(text, out var endPoint)
            ? endPoint
            : throw new FormatException($"“{text}” is not an address and port to listen on.");
}
