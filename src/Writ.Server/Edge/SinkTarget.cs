namespace Writ.Server.Edge;

/// <summary>A place that the log is carried to, as checked (docs/siem.md).</summary>
public sealed record SinkTarget
{
    private const int MaxSinks = 16;
    private const int MaxKinds = 32;

    public required string Name { get; init; }
    public required SinkWay Way { get; init; }
    /// <summary>ocsf, cef or writ.</summary>
    public required string Form { get; init; }
    /// <summary>Where to: of a file the path.</summary>
    public required Uri To { get; init; }
    /// <summary>Records of before it was first named are not carried.</summary>
    public bool StartsNow { get; init; }
    /// <summary>What the kinds of its records begin with; empty: all records.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];
    /// <summary>How old the oldest record may be that it lacks, before that is a finding.</summary>
    public TimeSpan MaxLag { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>How long it may take for a batch.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Holds the bearer token.</summary>
    public string? TokenFile { get; init; }
    /// <summary>Holds the authorities that its certificate may be of; null: the system's.</summary>
    public string? CaFile { get; init; }
    /// <summary>Holds our certificate; null: none is shown.</summary>
    public string? CertFile { get; init; }
    public string? KeyFile { get; init; }
    /// <summary>Of syslog: whether a message ends with a line feed (RFC 6587 §3.4.2) instead of beginning with its
    /// length (§3.4.1).</summary>
    public bool IsByLine { get; init; }
    /// <summary>Of syslog: whether the receiver tells by closing the connection that it has read all.</summary>
    public bool WaitsForClose { get; init; } = true;
    /// <summary>How many records come again once it was away.</summary>
    public int Resend { get; init; }
    /// <summary>Of syslog: the longest message.</summary>
    public int MaxBytes { get; init; } = 8192;
    /// <summary>Of syslog: the private enterprise number of our structured data.</summary>
    public int Enterprise { get; init; } = 32473;
    /// <summary>Of files: one that is longer or older makes room for the next.</summary>
    public long RotateBytes { get; init; } = 100L << 20;
    public TimeSpan RotateAge { get; init; } = TimeSpan.FromDays(1);
    /// <summary>Of files: how many stay beside the one that is written; 0: all.</summary>
    public int Keep { get; init; }

    /// <summary>The checked targets; throws <see cref="FormatException"/> with what to mend.</summary>
    internal static IReadOnlyList<SinkTarget> Check(IReadOnlyList<ServerOptions.SinkOptions> given)
    {
        if (given.Count > MaxSinks) throw new FormatException($"sinks are at most {MaxSinks}.");
        if (given.GroupBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FormatException($"The sink {twice.Key} is given twice; names must differ.");
        var targets = given.Select(Check).ToArray();
        var files = targets.Where(t => t.Way is SinkWay.File).GroupBy(t => t.To);
        return files.FirstOrDefault(g => g.Count() > 1) is { } same
            ? throw new FormatException($"Two sinks write {same.Key.LocalPath}.")
            : targets;
    }

    private static SinkTarget Check(ServerOptions.SinkOptions given)
    {
        if (!PlainText.IsName(given.Name)) throw new FormatException($"sinks[].name is {PlainText.NameRule}.");
        var (way, to) = Place(given);
        if (given.TokenFile is not null && way is not (SinkWay.Otlp or SinkWay.Web))
            throw Wrong(given, "token_file is for https and otlp+https");
        if (given.CertFile is null != given.KeyFile is null) throw Wrong(given, "cert_file and key_file go together");
        if (given.Kinds.Count > MaxKinds || given.Kinds.Exists(string.IsNullOrWhiteSpace))
            throw Wrong(given, $"kinds are at most {MaxKinds} beginnings of kinds, such as token.");
        return new SinkTarget
        {
            Name = given.Name,
            Way = way,
            To = to,
            Form = OneOf(given, "form", given.Form, "ocsf", "cef", "writ"),
            StartsNow = OneOf(given, "from", given.From, "start", "now") == "now",
            Kinds = [.. given.Kinds],
            MaxLag = TimeSpan.FromSeconds(Within(given, given.LagSeconds, 10, 30 * 86_400, "lag_seconds")),
            Patience = TimeSpan.FromMilliseconds(Within(given, given.TimeoutMs, 100, 120_000, "timeout_ms")),
            TokenFile = Full(given.TokenFile),
            CaFile = Full(given.CaFile),
            CertFile = Full(given.CertFile),
            KeyFile = Full(given.KeyFile),
            IsByLine = OneOf(given, "framing", given.Framing, "counted", "line") == "line",
            WaitsForClose = OneOf(given, "confirm", given.Confirm, "close", "sent") == "close",
            Resend = way is SinkWay.Syslog ? Within(given, given.Resend, 0, 100_000, "resend") : 0,
            MaxBytes = Within(given, given.MaxBytes, 2048, 1 << 20, "max_bytes"),
            Enterprise = Within(given, given.Enterprise, 1, int.MaxValue, "enterprise"),
            RotateBytes = (long)Within(given, given.RotateMb, 1, 1 << 20, "rotate_mb") << 20,
            RotateAge = TimeSpan.FromHours(Within(given, given.RotateHours, 1, 24 * 366, "rotate_hours")),
            Keep = Within(given, given.Keep, 0, 100_000, "keep"),
        };
    }

    /// <summary>Over the network only where it is encrypted, and no secret in an address: those end in logs.</summary>
    private static (SinkWay Way, Uri To) Place(ServerOptions.SinkOptions given)
    {
        if (Path.IsPathRooted(given.To) && Path.GetFileName(given.To).Length > 0)
            return (SinkWay.File, new Uri("file://" + Path.GetFullPath(given.To)));
        if (Uri.TryCreate(given.To, UriKind.Absolute, out var to) && to.UserInfo.Length == 0 && to.Query.Length == 0
            && to.Fragment.Length == 0 && to.Host.Length > 0)
        {
            var isBare = to.AbsolutePath is "/" or "";
            switch (to.Scheme)
            {
                case "syslog+tls" when isBare:
                    return (SinkWay.Syslog, to);
                case "syslog+tcp" when isBare && to.IsLoopback:
                    return (SinkWay.Syslog, to);
                case "https":
                    return (SinkWay.Web, to);
                case "http" when to.IsLoopback:
                    return (SinkWay.Web, to);
                case "otlp+https":
                    return (SinkWay.Otlp, new Uri(given.To["otlp+".Length..]));
                case "otlp+http" when to.IsLoopback:
                    return (SinkWay.Otlp, new Uri(given.To["otlp+".Length..]));
                default:
                    break;
            }
        }
        throw Wrong(
            given, "to is the full path of a file, syslog+tls://HOST[:PORT], otlp+https://… or https://…; without tls "
            + "(syslog+tcp, otlp+http, http) on loopback only; no user, query or fragment in it");
    }

    private static string OneOf(ServerOptions.SinkOptions sink, string name, string value, params string[] words) =>
        words.Contains(value, StringComparer.Ordinal)
            ? value
            : throw Wrong(sink, $"{name} is one of {string.Join(", ", words)}");

    private static int Within(ServerOptions.SinkOptions sink, int value, int least, int most, string name) =>
        value >= least && value <= most
            ? value
            : throw Wrong(sink, $"{name} must lie within {least} and {most}");

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static FormatException Wrong(ServerOptions.SinkOptions sink, string what) =>
        new($"sinks[].{what} (the sink {sink.Name}).");
}

/// <summary>How the log gets there.</summary>
public enum SinkWay
{
    File,
    Syslog,
    Otlp,
    Web,
}
