using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using Writ.Server.Edge;
using Writ.Testing;

namespace Writ.Server.Tests.Edge;

/// <summary>The configuration: where it comes from, what is refused, and that its document tells the truth.</summary>
public sealed partial class ServerOptionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-options-").FullName;

    [Fact]
    public void Document_names_every_option_with_its_default_and_no_other()
    {
        var named = Row().Matches(File.ReadAllText(Repository.At("docs/configuration.md")))
            .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["default"].Value, StringComparer.Ordinal);
        var options = Options("", typeof(ServerOptions), new ServerOptions())
            .Concat(Options(
                "user_issuers[].", typeof(ServerOptions.UserIssuerOptions), new ServerOptions.UserIssuerOptions()))
            .Concat(Options(
                "certificate_authorities[].", typeof(ServerOptions.CertificateAuthorityOptions),
                new ServerOptions.CertificateAuthorityOptions()))
            .Concat(Options("zones[].", typeof(ServerOptions.ZoneOptions), new ServerOptions.ZoneOptions()))
            .Concat(Options("log.", typeof(ServerOptions.LogOptions), new ServerOptions.LogOptions()))
            .Concat(Options(
                "log.witnesses[].", typeof(ServerOptions.WitnessOptions), new ServerOptions.WitnessOptions()))
            .Concat(Options(
                "retention.", typeof(ServerOptions.RetentionOptions), new ServerOptions.RetentionOptions()))
            .Concat(Options(
                "retention.kinds[].", typeof(ServerOptions.RetentionKindOptions),
                new ServerOptions.RetentionKindOptions()))
            .Concat(Options("policy.", typeof(ServerOptions.PolicyOptions), new ServerOptions.PolicyOptions()))
            .Concat(Options("decisions.", typeof(ServerOptions.DecisionOptions), new ServerOptions.DecisionOptions()))
            .Concat(Options(
                "decisions.log.", typeof(ServerOptions.DecisionLogOptions), new ServerOptions.DecisionLogOptions()))
            .Concat(Options("telemetry.", typeof(ServerOptions.TelemetryOptions), new ServerOptions.TelemetryOptions()))
            .Concat(Options("telemetry.otlp.", typeof(ServerOptions.OtlpOptions), new ServerOptions.OtlpOptions()))
            .Concat(Options("sinks[].", typeof(ServerOptions.SinkOptions), new ServerOptions.SinkOptions()))
            .ToDictionary(o => o.Name, o => o.Default, StringComparer.Ordinal);

        Assert.Equal(options.Keys.Order(StringComparer.Ordinal), named.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in options)
            Assert.True(named[name] == (value.Length == 0 ? "" : $"`{value}`"), $"{name}: {value}, not {named[name]}");
    }

    [Theory]
    [InlineData(
        "c.json",
        """{ "trust_domain": "a.example", "user_issuers": [{ "name": "corp", "allowed_agents": ["x"] }] }""")]
    [InlineData("c.yaml", "trust_domain: a.example\nuser_issuers:\n  - name: corp\n    allowed_agents: [x]\n")]
    public void File_is_read_and_arguments_go_before_it(string name, string text)
    {
        var file = Write(name, text);

        var options = ServerOptions.Read(["--config", file, "--data-dir", "/tmp/x", "--skew_seconds=7"]);

        Assert.Equal(("a.example", "/tmp/x", 7), (options.TrustDomain, options.DataDir, options.SkewSeconds));
        Assert.Equal(("corp", "x"), (options.UserIssuers[0].Name, options.UserIssuers[0].AllowedAgents[0]));
        Assert.Equal("b.example", ServerOptions.Read(["--config", file, "--trust-domain", "b.example"]).TrustDomain);
    }

    [Theory]
    [InlineData("c.json", """{ "trust_domian": "a.example" }""")]
    [InlineData("c.yaml", "trust_domian: a.example")]
    [InlineData("c.yaml", "trust_domain: [")]
    [InlineData("c.yaml", "trust_domain: a\n---\ntrust_domain: b\n")]
    [InlineData("c.json", "{")]
    public void File_that_says_what_we_do_not_know_is_refused(string name, string text)
    {
        var refused = Assert.ThrowsAny<Exception>(() => ServerOptions.Read(["--config", Write(name, text)]));

        Assert.True(refused is FormatException or InvalidOperationException or IOException, refused.ToString());
    }

    [Fact]
    public void Argument_that_we_do_not_know_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => ServerOptions.Read(["--listn", "127.0.0.1:1"]));

    public static TheoryData<string, Action<ServerOptions>> Wrong => new()
    {
        { "trust_domain", o => o.TrustDomain = "Not A Domain" },
        { "issuer", o => o.Issuer = "http://writ.example" },
        { "issuer", o => o.Issuer = "https://writ.example/" },
        { "tls_issuer", o => o.TlsIssuer = "http://127.0.0.1:1" },
        { "skew_seconds", o => o.SkewSeconds = 301 },
        { "freshness_ms", o => o.FreshnessMs = 1 },
        { "dpop_nonce", o => o.DpopNonce = "sometimes" },
        { "log_format", o => o.LogFormat = "xml" },
        { "max_connections", o => o.MaxConnections = 0 },
        { "user issuer", o => o.UserIssuers = [Issuer("a/b", "https://a.example", "writ")] },
        { "user issuer", o => o.UserIssuers = [Issuer("a", "https://a.example", "")] },
        { "jwks_uri", o => o.UserIssuers = [Issuer("a", "https://a.example", "x", "http://127.0.0.1:1/jwks")] },
        { "jwks_uri", o => o.UserIssuers = [Issuer("a", "http://127.0.0.1:1", "x", "http://a.example/jwks")] },
        { "user issuer", o => o.UserIssuers = [Issuer("a", "http://127.0.0.1:8420", "writ")] },
        {
            "given twice",
            o => o.UserIssuers = [Issuer("a", "https://a.example", "x"), Issuer("a", "https://b.example", "x")]
        },
        { "certificate authority", o => o.CertificateAuthorities = [new() { Name = "a|b", File = "ca.pem" }] },
        { "policy.source", o => o.Policy = new() { Source = "folder" } },
        { "policy.source", o => o.Policy = new() { Path = "/policies" } },
        { "policy.source", o => o.Policy = new() { Source = "git", Path = "/policies", Ref = "--upload-pack=x" } },
        { "policy.source", o => o.Policy = new() { Source = "bundle", Path = "b.tar.gz" } },
        { "policy.url", o => o.Policy = new() { Source = "bundle", Url = "http://a.example/b", KeyFile = "k" } },
        { "policy.url", o => o.Policy = new() { Source = "bundle", Url = "https://a:b@c.example/b", KeyFile = "k" } },
        { "telemetry.otlp.endpoint", o => o.Telemetry.Otlp.Endpoint = "http://collector.example:4318" },
        { "telemetry.otlp.endpoint", o => o.Telemetry.Otlp.Endpoint = "https://user:pass@collector.example" },
        { "telemetry.otlp.endpoint", o => o.Telemetry.Otlp.Endpoint = "https://collector.example/?token=x" },
        { "telemetry.otlp has no endpoint", o => o.Telemetry.Otlp.Protocol = "grpc" },
        { "telemetry.otlp.protocol", o => o.Telemetry.Otlp = new() { Endpoint = "https://a.example", Protocol = "x" } },
        { "telemetry.otlp.sample", o => o.Telemetry.Otlp = new() { Endpoint = "https://a.example", Sample = 2 } },
        {
            "telemetry.otlp.headers_file",
            o => o.Telemetry.Otlp = new() { Endpoint = "https://a.example", HeadersFile = "/nowhere/headers" }
        },
        { "policy.poll_seconds", o => o.Policy = new() { PollSeconds = 0 } },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Value_that_cannot_be_is_refused_by_name(string name, Action<ServerOptions> change)
    {
        var options = new ServerOptions();
        change(options);

        var refused = Assert.Throws<FormatException>(
            () => options.Check(options.Issuer ?? "http://127.0.0.1:8420", options.TlsIssuer));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Action<ServerOptions>> WrongListeners => new()
    {
        o => o.Listen = "0.0.0.0:0", // plain http, for all to hear
        o => o.Listen = "nowhere",
        o => o.TlsListen = "0.0.0.0:0", // with our own authority, which nobody there can know
        o => { o.TlsListen = "127.0.0.1:0"; o.TlsCert = "cert.pem"; },
    };

    [Theory, MemberData(nameof(WrongListeners))]
    public void Listener_that_would_not_be_safe_is_refused(Action<ServerOptions> change)
    {
        var options = new ServerOptions { Listen = "127.0.0.1:0" };
        change(options);

        Assert.Throws<FormatException>(() => Listeners.Bind(options, TimeProvider.System));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ServerOptions.UserIssuerOptions Issuer(
        string name, string issuer, string audience, string? jwks = null) =>
        new() { Name = name, Issuer = issuer, Audience = audience, JwksUri = jwks };

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static IEnumerable<(string Name, string Default)> Options(string prefix, Type type, object defaults) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(p => (prefix + SnakeCase(p.Name), p.GetValue(defaults) switch
            {
                IList or ServerOptions.DecisionOptions or ServerOptions.DecisionLogOptions
                    or ServerOptions.PolicyOptions or ServerOptions.LogOptions or ServerOptions.RetentionOptions
                    or ServerOptions.TelemetryOptions or ServerOptions.OtlpOptions => "",
                bool yes => yes ? "true" : "false",
                null => "",
                var value => FormattableString.Invariant($"{value}"),
            }));

    private static string SnakeCase(string name) =>
        Boundary().Replace(name, "_$0").ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z]", RegexOptions.None, 1000)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"^\| `(?<name>[a-z_\[\].]+)` \| (?<default>(?:`[^`]*`)?) ?\|", RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
