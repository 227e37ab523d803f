using System.Text.Json;
using System.Text.RegularExpressions;

namespace Writ.Client;

/// <summary>From the broker's error answers (RFC 6749 §5.2, RFC 9457) to <see cref="WritException"/>.</summary>
internal static partial class BrokerErrors
{
    internal const string Unreachable = "broker_unreachable";
    internal const string BadAnswer = "broker_answer_malformed";

    private const int MaxTextLength = 300;

    internal static WritException From(HttpResponseMessage answer, JsonElement? body)
    {
        var status = answer.StatusCode;
        var error = Text(body, "error"u8) ?? Text(body, "title"u8);
        var detail = Text(body, "error_description"u8) ?? Text(body, "detail"u8);
        var decision = Text(body, "decision_id"u8);
        var code = Text(body, "code"u8) ?? error ?? $"http_{(int)status}";
        var message = $"The broker refused: {code}"
            + (detail is null ? "" : $", {detail.TrimEnd('.')}")
            + (Text(body, "approval"u8) is { } approval ? $": {approval}" : "")
            + (decision is null ? "." : $" (decision {decision}).");
        return new WritException(code, message)
        {
            Reason = error,
            DecisionId = decision,
            Status = (int)status,
            RetryAfter = answer.Headers.RetryAfter?.Delta,
            Approval = code == "approval_required" ? ApprovalOf(body) : null,
        };
    }

    private static PendingApproval? ApprovalOf(JsonElement? body) => Text(body, "approval"u8) is { } id
        ? new PendingApproval(
            id,
            Text(body, "approval_uri"u8) ?? "",
            TimeSpan.FromSeconds(
                body!.Value.TryGetProperty("interval"u8, out var seconds)
                && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt32(out var known)
                    ? known
                    : 5),
            Text(body, "because"u8))
        {
            Approvers = body.Value.TryGetProperty("approvers"u8, out var who) && who.ValueKind == JsonValueKind.Array
                ? [.. who.EnumerateArray().Select(one => one.ToString())]
                : [],
        }
        : null;

    internal static WritException NotReached(string where, Exception why) =>
        new(Unreachable, $"The broker at {where} could not be reached.", why);

    /// <summary>The broker's word on a client assertion, with what it mostly means.</summary>
    internal static WritException WithClient(WritException error, string clientId) =>
        error.Code != "assertion_invalid"
            ? error
            : new WritException(
                error.Code,
                $"The broker refused: {error.Code}, the key is not registered for {clientId}, or has ended.")
            {
                Reason = error.Reason,
                DecisionId = error.DecisionId,
                Status = error.Status,
            };

    internal static WritException Malformed(string what) =>
        new(BadAnswer, $"The broker's answer is malformed: {what}.");

    // An answer is shown to people and logged, so whatever looks like a token is cut out even if the broker echoed it.
    private static string? Text(JsonElement? body, ReadOnlySpan<byte> name)
    {
        if (body is not { ValueKind: JsonValueKind.Object } found
            || !found.TryGetProperty(name, out var member)
            || member.ValueKind != JsonValueKind.String
            || member.GetString() is not { Length: > 0 } text)
        {
            return null;
        }

        var clean = TokenLike().Replace(text, "[removed]");
        return clean.Length <= MaxTextLength ? clean : clean[..MaxTextLength] + "…";
    }

    [GeneratedRegex("[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*", RegexOptions.NonBacktracking)]
    private static partial Regex TokenLike();
}
