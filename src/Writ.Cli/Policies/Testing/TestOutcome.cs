namespace Writ.Cli.Policies.Testing;

internal enum TestOutcome
{
    Pass,
    Fail,
    Error,
    Skipped,
}
