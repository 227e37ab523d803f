using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Decisions;

namespace Writ.Server.Access;

/// <summary>A Decision of AuthZEN (1.0 §5.5): what was decided, under which id, and what comes with it.</summary>
internal static class EvaluationAnswer
{
    // The keys of reasons are those of the specification's example (§5.5.1.1): as of HTTP.
    private const string Refused = "403";

    public static JsonObject Yes(string decisionId, Obligations obligations)
    {
        var context = new JsonObject { ["id"] = decisionId };
        if (!obligations.IsEmpty) context["obligations"] = JsonNode.Parse(obligations.ToJson());
        return new JsonObject { ["decision"] = true, ["context"] = context };
    }

    /// <summary>Why not: for whoever runs the asking side in words, for its users no more than whom to ask. The rules
    /// and what they missed are for operators.</summary>
    public static JsonObject No(Decision.Denied denied, Caller caller)
    {
        var context = new JsonObject
        {
            ["id"] = denied.Id,
            ["code"] = denied.Reason.Code,
            ["reason_admin"] = new JsonObject { [Refused] = denied.Reason.Message },
            ["reason_user"] = new JsonObject
            {
                [Refused] = $"Access was refused. Whoever runs this can look the decision up: {denied.Id}.",
            },
        };
        if (denied.Policy is { } said && caller.Principal.Operator is not null)
        {
            context["rules"] = Words(said.Rules);
            context["reasons"] = Words(said.Reasons);
            context["missing"] = Words(said.Missing);
        }
        if (denied.Policy is { Obligations: { IsEmpty: false } demanded })
            context["obligations"] = JsonNode.Parse(demanded.ToJson());
        return new JsonObject { ["decision"] = false, ["context"] = context };
    }

    /// <summary>A question among others that was not decided: no, and what went wrong (AuthZEN 1.0 §7.2.1).</summary>
    public static JsonObject Error(int status, string code, string message) => new()
    {
        ["decision"] = false,
        ["context"] = new JsonObject
        {
            ["code"] = code,
            ["error"] = new JsonObject { ["status"] = status, ["message"] = message },
        },
    };

    private static JsonArray Words(IReadOnlyList<string> words) => new([.. words.Select(w => (JsonNode)w)]);
}
