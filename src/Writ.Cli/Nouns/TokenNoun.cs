using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Nouns;

/// <summary><c>writ token</c>: tokens for scripts. They come by file or pipe, never as an argument.</summary>
internal static class TokenNoun
{
    public static Command Create(Verbs verbs) => new("token", "Access tokens, bound to your key.")
    {
        Get(verbs),
        Inspect(verbs),
        Revoke(verbs),
    };

    private static Command Get(Verbs verbs)
    {
        var task = new Option<string>("--task")
        {
            Description = "The task that it belongs to and dies with.",
            HelpName = "ID",
            Required = true,
        };
        var grants = new Option<string[]>("--grant")
        {
            Description = "What it shall allow, such as orders:read@orders. Repeatable.",
            HelpName = "GRANT",
        };
        var resource = new Option<string?>("--resource")
        {
            Description = "All that the task allows at this resource.",
            HelpName = "NAME|URI",
        };
        var actor = new Option<string?>("--may-act")
        {
            Description = "The one identity that may exchange it.",
            HelpName = "NAME",
        };
        return verbs.Of("get", "Prints a token, good only together with your key (DPoP).", async call =>
        {
            // Not disposed: that would end the task, and the token with it.
            var work = call.Session.Client.AttachTask(call.Get(task)!);
            var token = await work.GetTokenAsync(new TokenAsk
            {
                Resource = call.Get(resource),
                Grants = [.. call.Get(grants) ?? []],
                MayAct = call.Get(actor) is { } name ? call.FullName(name) : null,
            }, call.Cancel);
            if (call.Print.Format == OutputFormat.Table)
                await call.Outside.Out.WriteLineAsync(token.Value);
            else
                call.Print.Data(Document(token));
        }, task, grants, resource, actor);
    }

    private static Command Inspect(Verbs verbs)
    {
        var file = TokenFile();
        return verbs.Of("inspect", "Shows what a token says and whether it is good at this moment.", async call =>
        {
            var token = await call.SecretAsync(call.Get(file), "Token");
            var answer = await call.Session.Client.IntrospectAsync(token, call.Cancel);
            var document = JsonObject.Create(answer.Members)!;
            if (!answer.IsActive)
                Explain(document, token, call);
            call.Print.One(document);
        }, file);
    }

    private static Command Revoke(Verbs verbs)
    {
        var file = TokenFile();
        return verbs.Of("revoke", "Revokes a token, and all that was made from it.", async call =>
        {
            var token = await call.SecretAsync(call.Get(file), "Token");
            var wasActive = (await call.Session.Client.IntrospectAsync(token, call.Cancel)).IsActive;
            // RFC 7009 §2.2: to the broker a token that it never knew is one that is gone.
            if (!wasActive && !IsOurs(token, call))
                throw new UnableException("The broker knows no such token: nothing was revoked.");
            await call.Session.Client.RevokeAsync(token, call.Cancel);
            call.Print.Done(
                wasActive ? "The token is revoked, and all that was made from it." : "The token is good no more.",
                new JsonObject { ["revoked"] = true, ["was_active"] = wasActive });
        }, file);
    }

    private static Argument<string> TokenFile() => new("file")
    {
        Description = "The file with the token; - or nothing: standard input.",
        DefaultValueFactory = _ => "-",
    };

    private static JsonObject Document(IssuedToken token) => new()
    {
        ["access_token"] = token.Value,
        ["token_type"] = "DPoP",
        ["expires_at"] = token.ExpiresAt.UtcDateTime.ToString("O"),
        ["task"] = token.TaskId,
        ["decision_id"] = token.DecisionId,
        ["authorization_details"] = JsonNode.Parse(token.Authority.ToJson()),
    };

    private static void Explain(JsonObject document, string token, Call call)
    {
        if (!IsOurs(token, call))
        {
            document["note"] = "No token of this broker.";
            return;
        }

        document["note"] = "It has expired or was revoked; what it said is shown unverified.";
        // People read it as they read that of a live token; programs must not take one for the other.
        if (Claims(token) is not { } claims)
            return;
        if (call.Print.Format != OutputFormat.Table)
            document["claims"] = claims;
        foreach (var (name, value) in call.Print.Format == OutputFormat.Table ? claims : [])
            document.TryAdd(name, value?.DeepClone());
    }

    // By its form alone: a JWT that names this broker, or a refresh token.
    private static bool IsOurs(string token, Call call) =>
        token.StartsWith("writrefresh_", StringComparison.Ordinal)
        || (Claims(token)?["iss"] is JsonValue issuer && issuer.ToString() == call.Session.Profile.Addr);

    // What a dead token said: the broker says no more of it than that it is not active.
    private static JsonObject? Claims(string token)
    {
        try
        {
            return token.Split('.') is [_, var payload, _] && Base64UrlText.TryDecode(payload, out var json)
                ? JsonNode.Parse(json) as JsonObject
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
