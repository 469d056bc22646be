"""The services of others that the appliance lives on: do they run?"""
