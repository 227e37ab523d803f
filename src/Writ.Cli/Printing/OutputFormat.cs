namespace Writ.Cli.Printing;

/// <summary>How answers are written: for people, for programs, for both.</summary>
internal enum OutputFormat
{
    Table,
    Json,
    Yaml,
}
