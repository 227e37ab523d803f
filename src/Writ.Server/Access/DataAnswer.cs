using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Rego;
using Writ.Server.Edge;
using Writ.Server.Policies;

namespace Writ.Server.Access;

/// <summary>Answers of OPA's data API, good and bad.</summary>
internal sealed class DataAnswer(DataQuery query, string decisionId, string policy, TimeProvider time)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly string Version = typeof(DataAnswer).Assembly.GetName().Version!.ToString(3);
    private readonly long _began = time.GetTimestamp();

    /// <summary>OPA's words for what is wrong: its clients look at code and message.</summary>
    public static readonly ErrorShape Errors = new((status, code, detail) => new JsonObject
    {
        ["code"] = status == StatusCodes.Status400BadRequest ? "invalid_parameter" : code,
        ["message"] = detail,
    });

    /// <summary>How long the policy itself took; null: it was asked as part of a decision.</summary>
    public TimeSpan? Evaluation { get; set; }

    /// <summary>What a document of the policy is.</summary>
    public Task OfAsync(HttpContext http, QueryAnswer found) => found switch
    {
        QueryAnswer.Failed { Why: var why } => FailedAsync(http, why),
        // A document may be null; only what is undefined has no result.
        QueryAnswer.Defined { Value: var value } => OfAsync(http, JsonNode.Parse(value.ToJson()), isDefined: true),
        _ => OfAsync(http, null, isDefined: false),
    };

    /// <summary>What a part of the broker's decision is; null: there is no such part.</summary>
    public Task OfAsync(HttpContext http, JsonNode? part) => OfAsync(http, part, part is not null);

    private Task OfAsync(HttpContext http, JsonNode? result, bool isDefined)
    {
        var body = new JsonObject { ["decision_id"] = decisionId };
        if (isDefined) body["result"] = result;
        if (query.WantsProvenance)
            body["provenance"] = new JsonObject
            {
                ["version"] = Version,
                ["bundles"] = new JsonObject { ["writ"] = new JsonObject { ["revision"] = policy } },
            };
        if (query.WantsMetrics)
        {
            var metrics = new JsonObject();
            if (Evaluation is { } took) metrics["timer_rego_query_eval_ns"] = (long)took.TotalNanoseconds;
            metrics["timer_server_handler_ns"] = (long)time.GetElapsedTime(_began).TotalNanoseconds;
            body["metrics"] = metrics;
        }
        if (query is { IsPost: true, Input: null })
            body["warning"] = new JsonObject
            {
                ["code"] = "api_usage_warning",
                ["message"] = "'input' key missing from the request",
            };
        return Answers.TextAsync(
            http, StatusCodes.Status200OK, query.IsPretty ? body.ToJsonString(Indented) : body.ToJsonString());
    }

    /// <summary>The policy could not compute it.</summary>
    private Task FailedAsync(HttpContext http, RegoDiagnostic why)
    {
        http.Features.Set(new RefusalCode("query_failed"));
        return Answers.JsonAsync(http, StatusCodes.Status500InternalServerError, new JsonObject
        {
            ["code"] = "internal_error",
            ["message"] = "error(s) occurred while evaluating query",
            ["errors"] = new JsonArray(new JsonObject
            {
                ["code"] = why.Code,
                ["message"] = why.Message,
                ["location"] = new JsonObject { ["file"] = why.File, ["row"] = why.Row, ["col"] = why.Column },
            }),
            ["decision_id"] = decisionId,
        });
    }
}
