using System.CommandLine;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy shadow</c>: where the version beside the live one would have decided otherwise.</summary>
internal static class ShadowVerb
{
    public static Command Create(Verbs verbs)
    {
        var isOff = Flags.Switch("--off", "Take it away.");
        return verbs.Of(
            "shadow", "Says where the version that was pushed with --shadow would have decided otherwise.",
            async call =>
            {
                if (call.Get(isOff))
                {
                    call.Print.Done(
                        "No version is in the shadow.", await call.SendAsync(HttpMethod.Delete, "/v1/policies/shadow"));
                    return;
                }

                var counts = await call.SendAsync(HttpMethod.Get, "/v1/policies/shadow");
                ChangeReport.Print(call, counts, "Both decided alike", "decisions");
            }, isOff);
    }
}
