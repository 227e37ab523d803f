using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ identity key</c>: how an identity proves itself. To rotate: add one, revoke the other.</summary>
internal static class IdentityKeys
{
    private static readonly Column[] Columns =
    [
        Column.Of("id"),
        Column.Of("kind"),
        Column.Of("state"),
        Column.Of("expires_at", "until"),
        new("which", key => Cell.Of(key["thumbprint"] ?? key["names"])),
    ];

    public static Command Create(Verbs verbs) => new("key", "The keys of an identity.")
    {
        List(verbs),
        Add(verbs),
        Revoke(verbs),
    };

    private static Command List(Verbs verbs)
    {
        var name = new Argument<string>("name") { Description = "The identity." };
        return verbs.Of("list", "Lists its keys.", async call =>
        {
            var identity = await call.SendAsync(HttpMethod.Get, IdentityNoun.PathOf(call.Get(name)));
            call.Print.List((JsonArray)(identity["keys"] ?? new JsonArray()).DeepClone(), Columns);
        }, name);
    }

    private static Command Add(Verbs verbs)
    {
        var name = new Argument<string>("name") { Description = "The identity." };
        var keys = new KeyOptions();
        return verbs.Of("add", "Adds a key; the others stay good until they end or are revoked.", async call =>
        {
            using var key = keys.Take(call);
            if (key.Json is not { } json)
                throw new UsageException("Give one of --generate-key, --jwk, --certificate, --ca-san and --secret.");
            var answer = await call.SendAsync(HttpMethod.Post, IdentityNoun.PathOf(call.Get(name)) + "/keys", json);
            key.Keep();
            call.Print.One(answer);
        }, [name, .. keys.All]);
    }

    private static Command Revoke(Verbs verbs)
    {
        var name = new Argument<string>("name") { Description = "The identity." };
        var id = new Argument<string>("key") { Description = "The key's id, as `writ identity show` lists it." };
        return verbs.Of("revoke", "Refuses a key from now on; every token of the identity dies.", async call =>
            call.Print.Done(
                $"The key {call.Get(id)} of {Cell.Short(call.Get(name))} is revoked.",
                await call.SendAsync(
                    HttpMethod.Delete,
                    $"{IdentityNoun.PathOf(call.Get(name))}/keys/{call.Escaped(id)}")), name, id);
    }
}
