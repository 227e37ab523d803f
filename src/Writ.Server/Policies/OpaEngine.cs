using System.Net.Http.Headers;
using System.Text;
using Writ.Rego;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>
/// An OPA beside the broker instead of the policy in this process: the same question, the same answer, which it finds
/// at <c>/v1/data/writ/decision</c> once it was given the files of <c>writ policy pull</c>. What it does not answer in
/// time, it refuses.
/// </summary>
public sealed class OpaEngine(HttpClient http, Uri url) : IPolicyEngine
{
    private const int MaxAnswer = 1024 * 1024;
    private readonly Uri _decision = new(url, "/v1/data/writ/decision?provenance=true");

    /// <summary>Which version it has is its own matter: the revisions of its bundles, which it says with each answer,
    /// where it has some.</summary>
    public string? NameOf(PolicyVersion version) => null;

    public async ValueTask<PolicyAnswer> AskAsync(
        PolicyVersion version, RegoObject input, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            var body = new RegoObject.Builder(1).Set("input", input).Build().ToJson();
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await http.PostAsync(_decision, content, cancel);
            if (!answer.IsSuccessStatusCode) return PolicyAnswer.Refused.Away($"OPA answered {(int)answer.StatusCode}");
            return Read(await answer.Content.ReadAsByteArrayAsync(cancel));
        }
        catch (Exception e) when (e is HttpRequestException or FormatException or RegoError or IOException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return PolicyAnswer.Refused.Away($"OPA did not answer: {e.GetType().Name}");
        }
    }

    /// <summary>What its policy looks at is its own matter, too.</summary>
    public RegoValue KeyOf(PolicyVersion version, RegoObject input) => input;

    public bool IsOfSubject(PolicyVersion version, PolicyAnswer.Refused no, RegoObject input, DateTimeOffset now) =>
        false;

    /// <summary>A client for it: one address, no redirects, bounded in time and size.</summary>
    public static HttpClient Client(TimeSpan patience) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
        {
            Timeout = patience,
            MaxResponseContentBufferSize = MaxAnswer,
        };

    private static PolicyAnswer Read(byte[] bytes)
    {
        if (RegoValue.ParseJson(bytes) is not RegoObject answer)
            return PolicyAnswer.Refused.Away("OPA answered no object");
        var version = NameIn(answer);
        if (!answer.TryGet("result", out var value)
            || value is not RegoObject result)
            return PolicyAnswer.Refused.Away("OPA has no data.writ.decision") with { Version = version };
        result.TryGet("answer", out var yes);
        result.TryGet("why", out var why);
        return (PolicyAnswer.OfYes(yes) ?? (PolicyAnswer)PolicyAnswer.Refused.Of(why)) with { Version = version };
    }

    /// <summary>Its bundles with their revisions, in order; none where it has none, or was not given them as bundles.
    /// </summary>
    private static string NameIn(RegoObject answer)
    {
        if (!answer.TryGet("provenance", out var found) || found is not RegoObject provenance) return "opa";
        var revisions = provenance.TryGet("bundles", out var bundles) && bundles is RegoObject all
            ? all.Select(b => b.Value is RegoObject of && of.TryGet("revision", out var revision)
                ? $"{Plain(b.Key)}={Plain(revision)}"
                : Plain(b.Key))
            : [];
        return string.Join(' ', revisions.Prepend("opa"));

        static string Plain(RegoValue value) => value is RegoString { Value: var text } ? text : value.ToString()!;
    }
}
