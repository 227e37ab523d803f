using System.CommandLine;
using Writ.Cli.Profiles;

namespace Writ.Cli.Nouns;

/// <summary><c>writ login</c>: enrols a new key with a one-time code and makes it the profile.</summary>
internal static class LoginVerb
{
    public static Command Create(Verbs verbs)
    {
        var addr = new Argument<string?>("addr")
        {
            Description = "The broker; by default WRIT_ADDR.",
            DefaultValueFactory = _ => null,
        };
        var file = new Option<string>("--code")
        {
            Description = "A file with the one-time code; - reads it from standard input.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "-",
        };
        var name = new Option<string?>("--name")
        {
            Description = "Who you are: needed by the first operator alone.",
            HelpName = "NAME",
        };
        return verbs.Of("login", "Enrols a key, made here, with a one-time code.", async call =>
        {
            var broker = (call.Parsed.GetValue(addr) ?? Session.AddrOf(call.Home, call.Outside)).TrimEnd('/');
            var code = await call.SecretAsync(call.Get(file)!, "One-time code");
            var answer = await Enrolment.EnrolAsync(
                call.Home, broker, code, call.Get(name), call.Outside.Time, call.Cancel);
            call.Print.Done(
                $"You are {(string?)answer["id"]} at {broker}. The key lies in {call.Home.KeyFile}.", answer);
        }, addr, file, name);
    }
}
