using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary>The verbs that every plain register has: create, list, show, update, delete.</summary>
/// <param name="Noun">In the singular: <c>resource</c>.</param>
/// <param name="Path">Where the register lies: <c>/v1/resources</c>.</param>
/// <param name="Columns">What a list shows.</param>
/// <param name="Members">Makes the options of create (true) and of update (false).</param>
internal sealed record Register(
    string Noun, string Path, IReadOnlyList<Column> Columns, Func<bool, IEnumerable<Field>> Members)
{
    public IEnumerable<Command> Verbs(Verbs verbs) =>
        [New(verbs), List(verbs), Show(verbs), Update(verbs), Delete(verbs)];

    private string PathOf(string name) => $"{Path}/{Uri.EscapeDataString(name)}";

    private Argument<string> Name() => new("name") { Description = $"The {Noun}'s name." };

    private Command New(Verbs verbs)
    {
        var name = Name();
        var fields = new Fields(Members(true));
        return verbs.Of("create", $"Registers a {Noun}.", async call =>
            call.Print.One(await call.NamedAsync(await call.SendAsync(
                HttpMethod.Post, Path, fields.Body(call, [new("name", call.Get(name))])))), [name, .. fields.Options]);
    }

    private Command List(Verbs verbs) =>
        verbs.Of("list", $"Lists the {Noun}s.", async call =>
            call.Print.List(await call.NamedAsync(await call.ListAsync(Path, int.MaxValue)), Columns));

    private Command Show(Verbs verbs)
    {
        var name = Name();
        return verbs.Of("show", $"Shows a {Noun}.", async call =>
            call.Print.One(await call.NamedAsync(await call.SendAsync(HttpMethod.Get, PathOf(call.Get(name))))), name);
    }

    private Command Update(Verbs verbs)
    {
        var name = Name();
        var fields = new Fields(Members(false));
        return verbs.Of("update", "Changes what is given; lists are replaced whole.", async call =>
            call.Print.One(await call.NamedAsync(
                await call.SendAsync(HttpMethod.Patch, PathOf(call.Get(name)), fields.Body(call)))),
            [name, .. fields.Options]);
    }

    private Command Delete(Verbs verbs)
    {
        var name = Name();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        return verbs.Of("delete", $"Removes a {Noun} from the register.", async call =>
        {
            await call.ConfirmAsync($"Delete the {Noun} {call.Get(name)}?", call.Get(yes));
            var answer = await call.SendAsync(HttpMethod.Delete, PathOf(call.Get(name)));
            call.Print.Done($"The {Noun} {call.Get(name)} is deleted.", answer);
        }, name, yes);
    }
}
