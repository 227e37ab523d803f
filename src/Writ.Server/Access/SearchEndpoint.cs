using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Access;

/// <summary>
/// POST /access/v1/search/subject, /resource and /action: who may do something, where, and what (AuthZEN 1.0 §8). A
/// page is one record, which holds what was asked and what was listed.
/// </summary>
public sealed class SearchEndpoint(ActRoad acts, Inquiries inquiries, Search search, PageTokens pages)
{
    private const string Action = "access:search";
    private const int MaxBody = 64 * 1024;
    private const int UsualLimit = 50;

    public Task SubjectsAsync(HttpContext http) => HandleAsync(http, Wanted.Subject);

    public Task ResourcesAsync(HttpContext http) => HandleAsync(http, Wanted.Resource);

    public Task ActionsAsync(HttpContext http) => HandleAsync(http, Wanted.Action);

    private Task HandleAsync(HttpContext http, Wanted wanted)
    {
        AskingRequest.Echo(http);
        return acts.HandleAsync(http, call => PlanAsync(call, wanted), Door.Questions);
    }

    private async Task<ActPlan> PlanAsync(ActCall call, Wanted wanted)
    {
        const string evaluate = EvaluationEndpoint.Action; // whoever may ask may search: it is asking many times
        var (body, fault) = await EvaluationForm.ReadAsync(call.Http, MaxBody);
        if (fault is not null) return call.Refuse(fault.Status, fault.Code, fault.Detail, evaluate);
        var (form, mistake) = SearchForm.Read(wanted, body);
        if (form is null) return call.Invalid(mistake!, evaluate);
        var bond = BondOf(form, call.Caller.Principal.Id);
        if (!TryStart(form, bond, out var limit, out var place))
            return call.Invalid("page.token is of another search, or of another limit: begin anew.", evaluate);
        var asked = await inquiries.OfAsync(call, form.Question, looksAgain: true);
        var found = Found.Nothing;
        var target = new ActTarget($"{wanted} search", call.Team, call.Caller.Principal.Id);
        var plan = call.Read(evaluate, target, http => Answers.JsonAsync(
            http, StatusCodes.Status200OK, AnswerOf(form, found, bond, limit)));
        return plan with
        {
            Event = (asked.Event with { Kind = Action.Replace(':', '.'), Subject = null, IsAnswer = false })
                .With("target", target.Name)
                .With("question", form.Question.Said.ToJson())
                .With("searched_policy", asked.Facts.Policy.Digest),
            Work = async e =>
            {
                found = await search.RunAsync(call, form, asked, place, limit);
                return e.With("looked_at", found.Looked.ToString(CultureInfo.InvariantCulture))
                    .With("results", new JsonArray([.. found.Results.Select(r => (JsonNode)r)]).ToJsonString());
            },
            // Under a task that was over before, nothing is listed; of one that ends meanwhile nothing must be.
            Effects = _ => asked.Facts.TaskLine is { } line && line.IsOpen(asked.Facts.Now)
                ? [new Claim.TaskOpen(line.Task.Id)]
                : [],
        };
    }

    /// <summary>The limit of a token counts where none is given beside it.</summary>
    private bool TryStart(SearchForm form, string bond, out int limit, out string place)
    {
        (limit, place) = (Math.Min(form.Limit ?? UsualLimit, Search.MostResults), "");
        if (form.Token is null) return true;
        if (pages.Read(bond, form.Token) is not { } page || (form.Limit is not null && limit != page.Limit))
            return false;
        (limit, place) = page;
        return true;
    }

    private JsonObject AnswerOf(SearchForm form, Found found, string bond, int limit) => new()
    {
        ["page"] = new JsonObject
        {
            ["next_token"] = found.Place is { } place ? pages.Make(bond, limit, place) : "",
            ["count"] = found.Results.Count,
        },
        ["results"] = new JsonArray([.. found.Results.Select(r => Entity(form, r))]),
    };

    private static JsonNode Entity(SearchForm form, string result) => form.Wanted is Wanted.Action
        ? new JsonObject { ["name"] = result }
        : new JsonObject
        {
            ["type"] = form.Wanted is Wanted.Subject ? form.Question.SubjectType : form.Question.ResourceType,
            ["id"] = result,
        };

    private static string BondOf(SearchForm form, string caller) =>
        $"{form.Wanted}\n{caller}\n"
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(form.Question.Said.ToJson())));
}
