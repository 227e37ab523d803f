using System.Diagnostics.CodeAnalysis;
using System.Net;
using Writ.Protocol;
using Writ.Tlog;

namespace Writ.Server.Edge;

/// <summary>The checked, immutable model of the configuration; <c>ServerOptions</c> is what the user wrote.</summary>
public sealed record Settings
{
    public required TrustDomain TrustDomain { get; init; }
    /// <summary>The issuer: scheme, host and port, no trailing slash. Never taken from a request's Host.</summary>
    public required string Issuer { get; init; }
    /// <summary>
    /// The issuer's alias for clients with certificates (RFC 8705 §5), or null where TLS is not served.
    /// </summary>
    public string? MtlsIssuer { get; init; }
    public required string DataDirectory { get; init; }
    /// <summary>The Unix socket that lets the first operator in.</summary>
    public string BootstrapSocket => BootstrapPath ?? Path.Combine(DataDirectory, "bootstrap.sock");
    public string? BootstrapPath { get; init; }
    /// <summary>How long an identity lives that was given no end.</summary>
    public TimeSpan IdentityLife { get; init; } = TimeSpan.FromDays(365);
    /// <summary>The longest that one may be given.</summary>
    public TimeSpan MaxIdentityLife { get; init; } = TimeSpan.FromDays(730);
    /// <summary>The one tolerance for clocks that disagree.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan AgentTokenLife { get; init; } = TimeSpan.FromMinutes(15);
    public TimeSpan OtherTokenLife { get; init; } = TimeSpan.FromMinutes(60);
    public TimeSpan ManagementTokenLife { get; init; } = TimeSpan.FromMinutes(15);
    public TimeSpan RefreshTokenLife { get; init; } = TimeSpan.FromHours(8);
    public TimeSpan TaskLife { get; init; } = TimeSpan.FromHours(8);
    /// <summary>How long a request waits for somebody to approve it.</summary>
    public TimeSpan ApprovalWait { get; init; } = TimeSpan.FromHours(1);
    /// <summary>Open tasks of one agent, without those that open and end with a token.</summary>
    public int MaxOpenTasks { get; init; } = 1000;
    /// <summary>Live tokens of one identity, as each replica counts them.</summary>
    public int MaxLiveTokens { get; init; } = 10_000;
    /// <summary>Actions at resources of one token, each of which is a question to the policy.</summary>
    public int MaxQuestions { get; init; } = 256;
    public TimeSpan KeyLife { get; init; } = TimeSpan.FromDays(90);
    public int MaxDepth { get; init; } = 8;
    public bool NonceRequired { get; init; } = true;
    public TimeSpan NonceLife { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan ProofMaxAge { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Proofs and assertions made up to this moment are refused: of a restore, not of the configuration.
    /// </summary>
    public DateTimeOffset ProofsAfter { get; init; } = DateTimeOffset.MinValue;
    /// <summary>A replica whose last successful check of the store began longer ago than this refuses.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromMilliseconds(500);
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(250);
    /// <summary>Refusals of one caller within a second; what it asks beyond them is not looked at.</summary>
    public int MaxRefusals { get; init; } = 100;

    /// <summary>Processor time that the questions of one principal may use within a second.</summary>
    public TimeSpan QuestionTime { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes of the log that one principal may fill within a second before its questions wait.</summary>
    public long QuestionBytes { get; init; } = 16 << 20;
    /// <summary>Readers of the revocation feed at once, in all.</summary>
    public int MaxFeedReaders { get; init; } = 1000;
    /// <summary>The same for one identity: a resource server's instances share one.</summary>
    public int MaxFeedReadersEach { get; init; } = 100;
    /// <summary>Connections at once; more are closed.</summary>
    public int MaxConnections { get; init; } = 10_000;
    /// <summary>Logs as JSON, one object a line; else as text.</summary>
    public bool JsonLogs { get; init; } = true;
    public IReadOnlyList<UserIssuer> UserIssuers { get; init; } = [];
    public IReadOnlyList<CertificateAuthority> CertificateAuthorities { get; init; } = [];
    /// <summary>The OPA that decides instead of the policy in this process; null: none.</summary>
    public Uri? Opa { get; init; }
    /// <summary>How long it may take to answer; after that the answer is no.</summary>
    public TimeSpan OpaPatience { get; init; } = TimeSpan.FromMilliseconds(250);
    /// <summary>Who gets the decision log in OPA's form; null: nobody.</summary>
    public DecisionLogTarget? DecisionLog { get; init; }
    /// <summary>Where traces and metrics go; null: nowhere.</summary>
    public OtlpTarget? Otlp { get; init; }
    /// <summary>Whether anybody may read the log's entries; else who may read all records.</summary>
    public bool LogEntriesArePublic { get; init; }
    /// <summary>What the operator knows was published of the log; null: nothing.</summary>
    public LogFloor? LogFloor { get; init; }
    /// <summary>Who cosigns the log's checkpoints.</summary>
    public IReadOnlyList<WitnessTarget> Witnesses { get; init; } = [];
    /// <summary>Who gets the log.</summary>
    public IReadOnlyList<SinkTarget> Sinks { get; init; } = [];
    /// <summary>Network places that policies speak of.</summary>
    public IReadOnlyList<NetworkZone> Zones { get; init; } = [];
    /// <summary>How long details of records are kept, the whole log's rule among them.</summary>
    public IReadOnlyList<RetentionRule> Retention { get; init; } = [];
    /// <summary>How old a record must be before it is erased on request.</summary>
    public TimeSpan ErasureWait { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Where the policy comes from; null: it is pushed.</summary>
    public PolicySourceSettings? PolicySource { get; init; }

    /// <summary>The URL of one of our endpoints, as proofs and metadata name it.</summary>
    public string Url(string path) => Issuer + path;
}

/// <summary>An issuer whose users' tokens we accept as proof of who stands behind a task.</summary>
/// <param name="Name">Short name; users become <c>spiffe://domain/user/NAME/…</c>.</param>
/// <param name="Issuer">Its <c>iss</c>.</param>
/// <param name="JwksUri">Where its keys are; null: found by discovery.</param>
/// <param name="Audience">The <c>aud</c> that its tokens must carry.</param>
/// <param name="SubjectClaim">The claim that names the user.</param>
/// <param name="AllowedAgents">The identities that may present its tokens; empty: any.</param>
public sealed record UserIssuer(
    string Name, string Issuer, string? JwksUri, string Audience, string SubjectClaim,
    IReadOnlyList<string> AllowedAgents)
{
    /// <summary>Https; plain http on this machine alone, and of an issuer on this machine.</summary>
    public bool MayBeAskedAt(string address, [NotNullWhen(true)] out Uri? uri) =>
        Uri.TryCreate(address, UriKind.Absolute, out uri)
        && (uri.Scheme == Uri.UriSchemeHttps
            || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback
                && Uri.TryCreate(Issuer, UriKind.Absolute, out var issuer) && issuer.IsLoopback));
}

/// <summary>A private authority whose client certificates we accept.</summary>
/// <param name="Name">The name that keys of kind <c>ca_san</c> refer to.</param>
/// <param name="File">PEM file with its certificates.</param>
public sealed record CertificateAuthority(string Name, string File);

/// <summary>A witness of the log (C2SP tlog-witness).</summary>
/// <param name="Url">Its submission prefix.</param>
/// <param name="Key">What verifies its cosignatures, as a line.</param>
public sealed record WitnessTarget(Uri Url, string Key);

/// <summary>A head that the log had once: a store that does not have it is older, or another.</summary>
/// <param name="Size">How many leaves.</param>
/// <param name="Root">The root of their tree.</param>
public sealed record LogFloor(long Size, TreeHash Root);

/// <summary>A network place with a name.</summary>
/// <param name="Name">What policies call it.</param>
/// <param name="Networks">Its address ranges.</param>
public sealed record NetworkZone(string Name, IReadOnlyList<IPNetwork> Networks);

/// <summary>How long the details of some records are kept.</summary>
/// <param name="Kind">How their kind begins; empty: of any.</param>
/// <param name="Details">For so long; null: for ever.</param>
public sealed record RetentionRule(string Kind, TimeSpan? Details)
{
    /// <summary>The rule for a kind: of those that fit, the longest; null: none.</summary>
    public static RetentionRule? Of(IReadOnlyList<RetentionRule> rules, string kind) =>
        rules.Where(r => kind.StartsWith(r.Kind, StringComparison.Ordinal)).MaxBy(r => r.Kind.Length);

    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Kind}*: {(Details is { } span ? $"{span.TotalDays}d" : "forever")}");
}

/// <summary>A receiver of decision logs.</summary>
/// <param name="Url">Its address, without <c>/logs</c>.</param>
/// <param name="Partition">The part of it that is ours; null: all.</param>
/// <param name="TokenFile">Where its bearer token lies; null: it wants none.</param>
/// <param name="Patience">How long it may take for a batch.</param>
public sealed record DecisionLogTarget(Uri Url, string? Partition, string? TokenFile, TimeSpan Patience);

/// <summary>Where the policy comes from, instead of being pushed.</summary>
/// <param name="Kind"><c>folder</c>, <c>git</c> or <c>bundle</c>.</param>
/// <param name="Place">The folder, the repository, the bundle's file or its address.</param>
/// <param name="Every">How often it is looked at.</param>
public sealed record PolicySourceSettings(string Kind, string Place, TimeSpan Every)
{
    /// <summary>Which commit of the repository.</summary>
    public string Reference { get; init; } = "HEAD";
    /// <summary>The key that signs the bundle.</summary>
    public string KeyFile { get; init; } = "";
    public string KeyId { get; init; } = "";
    public string Algorithm { get; init; } = "";
    public string Scope { get; init; } = "";
    /// <summary>Each bundle's revision is a whole number.</summary>
    public bool IsNumbered { get; init; }
}
