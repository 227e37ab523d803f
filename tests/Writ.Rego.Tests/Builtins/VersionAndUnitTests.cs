namespace Writ.Rego.Tests.Builtins;

/// <summary>Versions (semver.org 2.0.0 §11), amounts and durations.</summary>
public sealed class VersionAndUnitTests
{
    /// <summary>The order that §11 gives as its example.</summary>
    private static readonly string[] Ordered =
    [
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0", "2.0.0", "10.0.0",
    ];

    [Fact]
    public void Versions_have_their_order()
    {
        for (var i = 0; i < Ordered.Length; i++)
        {
            for (var j = 0; j < Ordered.Length; j++)
            {
                Assert.Equal($"{i.CompareTo(j)}", BuiltinCall.Show(
                    "semver.compare", $"[\"{Ordered[i]}\", \"{Ordered[j]}\"]"));
            }
        }
    }

    [Theory]
    [InlineData("semver.compare", """["1.0.0+a", "1.0.0+b"]""", "0")]
    [InlineData("semver.compare", """["v1.2.3", "1.2.3"]""", "0")]
    [InlineData("semver.compare", """["1.0", "1.0.0"]""", "!operand 1: string \"1.0\" is not a valid SemVer")]
    [InlineData("semver.compare", """["1.0.0", "1.0.0-"]""", "!operand 2: string \"1.0.0-\" is not a valid SemVer")]
    [InlineData("semver.is_valid", """["1.0.0-x-y-z.--"]""", "true")]
    [InlineData("semver.is_valid", """["1.0.0+21AF26D3---117B344092BD"]""", "true")]
    [InlineData("semver.is_valid", """["1.0.0+a_b"]""", "false")]
    [InlineData("semver.is_valid", """["vv1.0.0"]""", "false")]
    [InlineData("semver.is_valid", "[1]", "false")]
    [InlineData("units.parse", """["10"]""", "10")]
    [InlineData("units.parse", """["10K"]""", "10000")]
    [InlineData("units.parse", """["10Ki"]""", "10240")]
    [InlineData("units.parse", """["1.5G"]""", "1500000000")]
    [InlineData("units.parse", """["100m"]""", "0.1")]
    [InlineData("units.parse", """["2M"]""", "2000000")]
    [InlineData("units.parse", """["-3k"]""", "-3000")]
    [InlineData("units.parse", """[""]""", "!units.parse: no amount provided")]
    [InlineData("units.parse", """["K"]""", "!units.parse: no amount provided")]
    [InlineData("units.parse", """["1 K"]""", "!units.parse: spaces not allowed in resource strings")]
    [InlineData("units.parse", """["1.2.3"]""", "!units.parse: could not parse amount to a number")]
    [InlineData("units.parse", """["1X"]""", "!units.parse: unit X not recognized")]
    [InlineData("units.parse_bytes", """["1MB"]""", "1000000")]
    [InlineData("units.parse_bytes", """["1mib"]""", "1048576")]
    [InlineData("units.parse_bytes", """["2.5KiB"]""", "2560")]
    [InlineData("units.parse_bytes", """["7"]""", "7")]
    [InlineData("units.parse_bytes", """["1Xb"]""", "!units.parse_bytes: byte unit xb not recognized")]
    [InlineData("units.parse_bytes", """["b"]""", "!units.parse_bytes: no byte amount provided")]
    [InlineData("time.parse_duration_ns", """["1h15m30.918s"]""", "4530918000000")]
    [InlineData("time.parse_duration_ns", """["1w2d"]""", "777600000000000")]
    [InlineData("time.parse_duration_ns", """["-1.5d"]""", "-129600000000000")]
    [InlineData("time.parse_duration_ns", """["1y"]""", "31536000000000000")]
    [InlineData("time.parse_duration_ns", """["1.5us"]""", "1500")]
    [InlineData("time.parse_duration_ns", """["0"]""", "0")]
    [InlineData("time.parse_duration_ns", """["1"]""", "!time: missing unit in duration \"1\"")]
    [InlineData("time.parse_duration_ns", """["1f"]""", "!time: unknown unit \"f\" in duration \"1f\"")]
    [InlineData("time.parse_duration_ns", """[""]""", "!time: invalid duration \"\"")]
    public void Texts_become_numbers(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));
}
