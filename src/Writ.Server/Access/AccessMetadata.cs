using System.Text.Json.Nodes;
using Writ.Server.Edge;

namespace Writ.Server.Access;

/// <summary>GET /.well-known/authzen-configuration: where what is asked (AuthZEN 1.0 §9).</summary>
public sealed class AccessMetadata(Settings settings)
{
    public Task HandleAsync(HttpContext http) => Answers.JsonAsync(http, StatusCodes.Status200OK, new JsonObject
    {
        ["policy_decision_point"] = settings.Issuer,
        ["access_evaluation_endpoint"] = settings.Url("/access/v1/evaluation"),
        ["access_evaluations_endpoint"] = settings.Url("/access/v1/evaluations"),
        ["search_subject_endpoint"] = settings.Url("/access/v1/search/subject"),
        ["search_resource_endpoint"] = settings.Url("/access/v1/search/resource"),
        ["search_action_endpoint"] = settings.Url("/access/v1/search/action"),
    });
}
