using System.Net;
using Writ.Server.Callers;

namespace Writ.Server.Tests;

public sealed class SourceAddressTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("::1", "::1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::/64")]
    public void Address_counts_as_its_network(string address, string source) =>
        Assert.Equal(source, SourceAddress.Of(IPAddress.Parse(address)));
}
