using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ signing-key</c>: the broker's own keys.</summary>
internal static class SigningKeyNoun
{
    private static readonly Column[] Columns =
    [
        Column.Of("kid"),
        Column.Of("purpose"),
        new("state", key => Cell.Of(key["state"]) is "verifies"
            ? $"verifies until {Cell.Of(key["gone_at"])}"
            : Cell.Of(key["state"])),
        Column.Of("active_from", "signs from"),
        Column.Of("retires_at", "signs until"),
    ];

    public static Command Create(Verbs verbs) => new("signing-key", "The broker's own keys.")
    {
        List(verbs),
        Rotate(verbs),
        Revoke(verbs),
    };

    private static Command List(Verbs verbs) => verbs.Of("list", "Lists them with what each signs and its state.",
        async call => call.Print.List(
            (await call.SendAsync(HttpMethod.Get, "/v1/signing-keys"))["items"]!.AsArray(), Columns));

    private static Command Rotate(Verbs verbs)
    {
        var fields = new Fields(Field.OneOf("--purpose", "purpose", "What the key signs.", "token", "feed"));
        return verbs.Of("rotate", "Makes a new key now; the old one verifies until its last token ends.", async call =>
        {
            var body = fields.Body(call);
            body.TryAdd("purpose", "token");
            call.Print.One(await call.SendAsync(HttpMethod.Post, "/v1/signing-keys/rotate", body));
        }, fields.Options);
    }

    private static Command Revoke(Verbs verbs)
    {
        var kid = new Argument<string>("kid") { Description = "The key's id." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        return verbs.Of("revoke", "Refuses a compromised key and every token that it signed.", async call =>
        {
            await call.ConfirmAsync($"Revoke {call.Get(kid)} and every token it signed?", call.Get(yes));
            var answer = await call.SendAsync(HttpMethod.Post, $"/v1/signing-keys/{call.Escaped(kid)}/revoke");
            call.Print.Done($"The key {call.Get(kid)} is revoked.", answer);
        }, kid, yes);
    }
}
